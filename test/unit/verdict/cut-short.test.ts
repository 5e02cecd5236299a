import { describe, expect, test } from 'vitest';
import type { GateSpec } from '../../../src/core/gate.ts';
import type { ScenarioOutcome } from '../../../src/journal/events.ts';
import { badRun } from '../../../src/verdict/gates/bad-run.ts';
import { errorRun } from '../../../src/verdict/gates/error-run.ts';
import { noBad } from '../../../src/verdict/gates/no-bad.ts';
import { restored } from '../../../src/verdict/gates/restored.ts';
import { rto } from '../../../src/verdict/gates/rto.ts';
import { silent } from '../../../src/verdict/gates/silent.ts';
import { type DrillParts, failover, samples, TIMES, writes } from '../../support/journal-builder.ts';
import { resultOf, sessionResultOf } from '../../support/judge-one.ts';

const HELD = 'the drill was cut short: it held for the 20s that were seen';

describe('a drill that was cut short', () => {
  const run = errorRun.spec('e', 't', { probes: ['api'], window: 'outage', limitMs: 30_000 });
  const none = noBad.spec('n', 't', { series: [{ probe: 'api' }], window: 'outage', minSamples: 5 });
  const bad = badRun.spec('b', 't', { limitMs: 30_000 });
  const quiet = silent.spec('s', 't', {});
  const unheard: Partial<DrillParts> = { by: () => 'pg-1', plan: { alerts: [] } };

  /** Restored at 30 s as ever, but ended in another way than completed. */
  const ending =
    (outcome: ScenarioOutcome | 'unfinished'): NonNullable<DrillParts['change']> =>
    (event) => {
      if (event.type !== 'scenario.ended') return event;
      return outcome === 'unfinished' ? undefined : { ...event, outcome, reason: 'SIGINT' };
    };

  test.each(['aborted', 'interrupted', 'error', 'unfinished'] as const)(
    '%s: what held so far is no PASS',
    (outcome) => {
      const parts = { change: ending(outcome) };
      expect(resultOf(run, parts)).toMatchObject({ status: 'INCONCLUSIVE', reason: HELD });
      expect(resultOf(none, parts)).toMatchObject({ status: 'INCONCLUSIVE', reason: HELD });
      expect(sessionResultOf(bad, parts)).toMatchObject({ status: 'INCONCLUSIVE', reason: `A: ${HELD}` });
      expect(sessionResultOf(quiet, { ...parts, ...unheard })).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: `A1 (pg-1): ${HELD}`,
      });
    },
  );

  test('that was gone through passes', () => {
    for (const spec of [run, none]) expect(resultOf(spec)).toMatchObject({ status: 'PASS', reason: '' });
    for (const spec of [bad, quiet]) expect(sessionResultOf(spec, unheard)).toMatchObject({ status: 'PASS' });
  });

  test('fails where it failed, and keeps what is there in the end', () => {
    const parts = {
      change: ending('interrupted'),
      api: (at: number) => (at > 10_000 && at < 20_000 ? (['refused', 1] as const) : (['ok', 2] as const)),
    };
    const tight = (spec: GateSpec): GateSpec => ({ ...spec, params: { ...spec.params, limitMs: 5_000 } });
    expect(resultOf(tight(run), parts)).toMatchObject({ status: 'FAIL' });
    expect(resultOf(none, parts)).toMatchObject({ status: 'FAIL' });
    expect(sessionResultOf(tight(bad), parts)).toMatchObject({ status: 'FAIL' });
    expect(resultOf(restored.spec('r', 't', {}), parts)).toMatchObject({ status: 'PASS' });
  });

  test('was seen only until whoever looked had died', () => {
    const change: DrillParts['change'] = (event) => {
      if (event.type === 'samples') return samples('api', { from: 5, to: 15_806, every: 100 });
      if (event.type === 'ledger.entries') return writes({ from: 5, to: 15_806, every: 50 }, failover);
      return ending('unfinished')(event);
    };
    expect(sessionResultOf(bad, { change })?.reason).toContain('it held for the 5.8s that were seen');
    expect(TIMES.undo).toBe(30_000);
  });

  describe('what is measured from the order back', () => {
    const back = rto.spec('back', 't', {
      series: { probe: 'api' },
      from: 'undo',
      limitMs: 10_000,
      sustain: 5,
      mustBreak: false,
    });

    test.each([
      [
        'after less than the planned outage',
        { plan: { outageMs: 45_000 } },
        'an outage of 19.9s, and 45s were planned',
      ],
      ['after the whole of it', {}, 'an outage of 19.9s'],
    ])('%s: is told without the seconds of the outage that held', (_when, parts, outage) => {
      expect(resultOf(back, { ...parts, change: ending('interrupted') })).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: `the drill was cut short: measured after ${outage}`,
      });
    });

    test('after another clock began to count', () => {
      const rebooted: DrillParts = {
        change: ending('interrupted'),
        plan: { outageMs: 45_000 },
        more: [[9_999, { type: 'undo.requested', scenario: 'A', fault: 'A1', node: 'pg-1', attempt: 2 }]],
      };
      const result = resultOf(back, rebooted);
      expect(result?.reason).toBe('the drill was cut short: measured after an outage of unknown length');
    });
  });
});
