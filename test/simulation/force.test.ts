import { describe, expect, it } from 'vitest';
import { rto } from '../../src/verdict/gates/rto.ts';
import { notesOf } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { runSim, type SimRun } from '../support/sim-session.ts';

const check = {
  name: 'attainable',
  status: 'unattainable',
  detail: '3s unhealthy + 60s demote = 63s of 60s',
  hint: 'lower it',
} as const;

/** `limitMs` under the time that the simulated failover takes, or over it. */
const session = (force: boolean, limitMs: number) =>
  runSim({
    force,
    drills: ({ cluster }) => {
      const series = { ledger: 'writes' } as const;
      const gate = rto.spec('rto', 'in time', { series, from: 'fault', limitMs, sustain: 5, mustBreak: true });
      return [simDrill(cluster, { checks: [check], gates: [gate] })];
    },
  });
const judged = (run: SimRun) => run.result?.judgement.scenarios[0];

describe('a drill whose target cannot be met', () => {
  it('is not begun without --force', async () => {
    const run = await session(false, 1_000);
    expect(run.platform.commands).toEqual([]);
    expect(judged(run)).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'not-injected' });
    expect(judged(run)?.why).toContain('the target is out of reach: 3s unhealthy');
  });

  it('is run with --force, says so, and can then fail', async () => {
    const run = await session(true, 1_000);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
    expect(notesOf(run)).toContain(`forced: not attainable: ${check.detail}`);
    expect(judged(run)).toMatchObject({ verdict: 'FAIL', outcome: 'completed' });
    expect(judged(run)?.why).toContain(`forced: not attainable: ${check.detail}`);
    expect(run.result?.exit).toBe(1);
  });

  it('passes nothing with --force: what held against the sum held by luck', async () => {
    const run = await session(true, 30_000);
    expect(judged(run)?.gates[0]?.result.status).toBe('PASS');
    expect(judged(run)).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'completed' });
    expect(run.result?.exit).toBe(3);
  });
});
