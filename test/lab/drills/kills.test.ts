import { afterAll, describe, expect, test } from 'vitest';
import { formatDuration } from '../../../src/core/duration.ts';
import { lacks, onWellLab } from '../../support/lab-drills.ts';
import { blowsOf, strike } from '../../support/lab-kills.ts';

/** `npm run kills -- --count 300` for the full proof; the seed repeats a run. */
const count = Number(process.env.GAMEDAY_KILLS ?? 10);
const seed = Number(process.env.GAMEDAY_SEED ?? Date.now() % 1_000_000);
const STACKS = { A: 'postgres', B: 'redis', C: 'minio', D: 'haproxy', E: 'rabbitmq' } as const;
const scenarios = Object.entries(STACKS)
  .filter(([, stack]) => !lacks(stack))
  .map(([id]) => id);

onWellLab();

describe(`kills with seed ${seed}`, () => {
  const restored: number[] = [];

  test.for(blowsOf(seed, count, scenarios).map((blow, index) => ({ ...blow, index: index + 1 })))(
    '$index: $manner, $delayMs ms after $after of $scenario',
    async (blow) => {
      const { restoredMs, verdict } = await strike(blow);
      if (restoredMs !== undefined) restored.push(restoredMs);
      console.info(
        `${blow.index} ${blow.scenario} ${blow.manner}: ${verdict}, ${restoredMs === undefined ? 'nothing was down' : `restored after ${formatDuration(restoredMs)}`}`,
      );
    },
  );

  afterAll(() => {
    restored.sort((a, b) => a - b);
    const median = restored[Math.floor(restored.length / 2)];
    console.info(
      median === undefined
        ? 'no node was down at any blow'
        : `from blow to restored, ${restored.length} times: median ${formatDuration(median)}, worst ${formatDuration(restored.at(-1) ?? 0)}`,
    );
  });

  test('there was somebody to kill', () => {
    expect(count).toBeGreaterThan(0);
    expect(scenarios).not.toEqual([]);
  });
});
