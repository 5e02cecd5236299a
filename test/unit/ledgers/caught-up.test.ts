import { describe, expect, it } from 'vitest';
import { caughtUp } from '../../../src/ledgers/caught-up.ts';
import { SimWorld } from '../../support/sim-world.ts';

const wait = (catchesUpMs: number, signal = new AbortController().signal) => {
  const world = new SimWorld();
  const startedAt = world.clock.now();
  const behind = async () => (world.clock.now() - startedAt < catchesUpMs ? 'replayed 0/1 of 0/9' : undefined);
  return world.run(async () => {
    await caughtUp(world.clock, { replica: 'pg-2', waitMs: 15_000 }, behind, signal);
    return world.clock.now() - startedAt;
  });
};

describe('a replica that is to be read back', () => {
  it('is read as soon as it has what the primary held', async () => {
    expect(await wait(0)).toBe(0);
    expect(await wait(14_000)).toBeLessThan(14_200);
  });

  it('is not read when it has not by then, and the reason says what it lacks', async () => {
    await expect(wait(Number.POSITIVE_INFINITY)).rejects.toThrow(
      'pg-2 has not caught up within 15s (replayed 0/1 of 0/9), and what it lacks may still come: look at its replication',
    );
  });

  it('is not waited for when nobody waits for the audit any more', async () => {
    await expect(wait(14_000, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
  });
});
