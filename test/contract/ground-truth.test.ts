import { expect, test } from 'vitest';
import { groundTruth, type TruthOptions } from '../support/ground-truth-run.ts';

const LIMIT_MS = 240_000;

/**
 * Outages of a real server in its own process, seen by the product's own probes in another: every bound must be on the
 * right side of the truth, on a machine in whatever state. How wide they are is for `npm run bench:rto` to say.
 */
async function holds(options: TruthOptions): Promise<readonly number[]> {
  const { cells, suspendedMs } = await groundTruth(options);
  for (const { manner, rateHz, comparison } of cells) {
    const { outages, overlooked, invented, violations } = comparison;
    expect({ manner, rateHz, outages, overlooked, invented, violations }).toEqual({
      manner,
      rateHz,
      outages: options.outages,
      overlooked: 0,
      invented: [],
      violations: [],
    });
  }
  expect(cells.some(({ comparison }) => comparison.wider.length > 0)).toBe(true);
  return suspendedMs;
}

test('refusals, hangs, errors, slow answers and closed connections at 10, 20 and 100 Hz', { timeout: LIMIT_MS }, () =>
  holds({ outages: 20 }).then(() => undefined),
);

test('on kept connections, while the wall clock jumps about', { timeout: LIMIT_MS }, () =>
  holds({ outages: 4, connection: 'kept', wallClock: 'jumps' }).then(() => undefined),
);

test('while every processor is busy', { timeout: LIMIT_MS }, () =>
  holds({ outages: 4, burners: 2 }).then(() => undefined),
);

test('while the program that looks is stopped for 2 s now and then, and says so', { timeout: LIMIT_MS }, async () => {
  const suspendedMs = await holds({ outages: 6, stopMs: 2_000 });
  expect(suspendedMs.length).toBeGreaterThan(0);
  expect(Math.max(...suspendedMs)).toBeGreaterThanOrEqual(2_000);
});
