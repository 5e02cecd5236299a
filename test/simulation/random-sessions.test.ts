import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { Coverage } from './random/coverage.ts';
import { playSession } from './random/session.ts';

const SEEDS = 2 ** 31;
/** Real time for all sessions together; the least number is played however long it takes. */
const BUDGET_MS = 55_000;
const LEAST_SESSIONS = 300;
const TIMEOUT_MS = 300_000;

it(
  'random sessions: no node is left down, nothing is claimed that is not so',
  async () => {
    const from = Number(process.env.GAMEDAY_SEED ?? randomInt(SEEDS));
    const coverage = new Coverage();
    const began = performance.now();
    process.stderr.write(`random sessions from seed ${from}\n`);
    while (coverage.sessions < LEAST_SESSIONS || performance.now() - began < BUDGET_MS) {
      const seed = (from + coverage.sessions) % SEEDS;
      const broken = await playSession(seed, coverage);
      expect(broken, `replay: npm run simulate -- --seed ${seed}`).toEqual([]);
    }
    const crashes = [...coverage.crashes.values()].reduce((sum, one) => sum + one, 0);
    process.stderr.write(
      `${coverage.sessions} random sessions, ${crashes} crashes at ${coverage.crashes.size} points, ${coverage.crashKinds.size} kinds of events\n`,
    );
    // Sessions in which nothing happens would prove nothing.
    expect(coverage.ends.get('tool: PASS') ?? 0).toBeGreaterThan(0);
    expect(coverage.crashes.size).toBeGreaterThan(30);
  },
  TIMEOUT_MS,
);
