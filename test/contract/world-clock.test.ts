import { describe, expect, test } from 'vitest';
import { createClock } from '../../src/world/clock.ts';
import type { Clock } from '../../src/world/world.ts';
import { SimClock } from '../support/sim-clock.ts';

/** How far the two clocks are apart: somewhere between the two, because they are read one after the other. */
function apart(clock: Clock): { readonly least: number; readonly most: number } {
  const before = clock.now();
  const boot = clock.boot();
  const after = clock.now();
  return { least: boot - after, most: boot - before };
}

/** What `boot` may be off by, each time it is read. */
const EXACT_MS = 10;

describe.each([
  ['the real clock', () => createClock()],
  ['the simulated clock', () => new SimClock(1_000_000, 0)],
])('%s', (name, make) => {
  test('while nobody sleeps, the time since boot goes on as monotonic time does', async () => {
    const clock = make();
    const first = apart(clock);
    if (clock instanceof SimClock) clock.standStill(300);
    else await clock.sleep(300);
    const second = apart(clock);
    expect(second.most - first.least, name).toBeGreaterThanOrEqual(-2 * EXACT_MS);
    expect(second.least - first.most, name).toBeLessThanOrEqual(2 * EXACT_MS);
  });
});
