import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { alerts } from '../../../src/verdict/gates/alerts.ts';
import { data } from '../../../src/verdict/gates/data.ts';
import { errorRun } from '../../../src/verdict/gates/error-run.ts';
import { loud } from '../../../src/verdict/gates/loud.ts';
import { rto } from '../../../src/verdict/gates/rto.ts';
import { states } from '../../../src/verdict/gates/states.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type Answer, type DrillParts, drill, TIMES } from '../../support/journal-builder.ts';
import { looked, MONITOR, resultOf, seen, sessionResultOf } from '../../support/judge-one.ts';

type Timed = readonly [number, GamedayEvent];

/** The tool stood still between the two times. */
const hole = (since: number, until: number): Timed => [
  until,
  { type: 'suspended', ms: until - since, since, who: 'process' },
];

const RTO = rto.spec('rto', 't', {
  series: { ledger: 'writes' },
  from: 'fault',
  limitMs: 60_000,
  sustain: 5,
  mustBreak: true,
});

describe('a standstill in the middle of a drill', () => {
  test('takes the PASS of what was timed, and says so; what was counted stays', () => {
    const more = [hole(20_000, 24_000)];
    expect(resultOf(RTO)).toMatchObject({ status: 'PASS' });
    expect(resultOf(RTO, { more })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'gameday itself stood still for 4s at most while this was measured',
    });
    const lost = data.spec('data', 't', { ledger: 'writes', maxLost: 0 });
    expect(resultOf(lost, { more })).toMatchObject({ status: 'PASS' });
  });

  test('leaves no scenario that passes, whatever gates it has', () => {
    const lost = data.spec('data', 't', { ledger: 'writes', maxLost: 0 });
    const judged = judgeSession(drill({ gates: [lost], more: [hole(20_000, 24_000)] }).view());
    expect(judged.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', why: expect.stringContaining('stood still') });
  });

  test('leaves a FAIL that was seen beside it', () => {
    const never = { by: (at: number) => (at < TIMES.broken ? 'pg-1' : undefined) };
    const late = rto.spec('rto', 't', { ...RTO.params, limitMs: 5_000 } as Parameters<typeof rto.spec>[2]);
    expect(resultOf(late, { ...never, more: [hole(12_000, 15_000)] })).toMatchObject({ status: 'FAIL' });
  });
});

describe('a FAIL that only the standstill made', () => {
  const answers =
    (badFrom: number, holeFrom: number, holeTo: number, badTo: number) =>
    (at: number): Answer | undefined => {
      if (at >= holeFrom && at < holeTo) return undefined;
      return at >= badFrom && at < badTo ? ['http5xx', 3] : ['ok', 3];
    };
  const run = errorRun.spec('run', 't', { probes: ['api'], window: 'outage', limitMs: 10_000 });

  test('errors before and after it are no run as long as both together', () => {
    const api = answers(12_000, 17_000, 22_000, 27_000);
    expect(resultOf(run, { api })).toMatchObject({ status: 'FAIL' });
    expect(resultOf(run, { api, more: [hole(17_000, 22_000)] })).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('errors that lasted too long before it are', () => {
    const api = answers(12_000, 23_000, 26_000, 27_000);
    expect(resultOf(run, { api, more: [hole(23_000, 26_000)] })).toMatchObject({ status: 'FAIL' });
  });

  test('a look that was under way when it began is no error', () => {
    const api = (at: number): Answer | undefined => {
      if (at > 12_005 && at < 23_000) return undefined;
      return at === 12_005 ? ['timeout', 11_000] : ['ok', 3];
    };
    expect(resultOf(run, { api, more: [hole(12_000, 23_005)] })?.measured).toMatch(/^0 of /);
  });

  test('a log line that was read late may have been written in time', () => {
    const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
    const line: Timed = [
      29_000,
      { type: 'log.matched', scenario: 'A', expectation: 'db', node: 'api-1', count: 1, line: 'x' },
    ];
    const of = (more: readonly Timed[]) => resultOf(loud.spec('l', 't', {}), { plan: { logs }, more });
    expect(of([line])).toMatchObject({ status: 'FAIL' });
    expect(of([hole(10_500, 29_000), line])).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('an alert may have fired while nobody looked', () => {
    const parts = (more: readonly Timed[]): DrillParts => ({
      more,
      plan: { alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }] },
      change: (event) => (event.type === 'alert.changed' ? undefined : event),
    });
    expect(sessionResultOf(alerts.spec('a', 't', {}), parts([]))).toMatchObject({ status: 'FAIL' });
    expect(sessionResultOf(alerts.spec('a', 't', {}), parts([hole(12_000, 28_000)]))).toMatchObject({
      status: 'INCONCLUSIVE',
    });
  });

  test('a state may have changed while nobody looked', () => {
    const gate = states.spec('s', 't', {
      probes: ['health'],
      key: 'cluster',
      expect: [{ window: 'all-down', oneOf: ['out'] }],
    });
    const parts = (more: readonly Timed[]): DrillParts => ({
      plan: { probes: [{ ...MONITOR, name: 'health' }] },
      more: [seen('health', 'cluster', 'well', 5, 100), looked('health'), ...more],
    });
    expect(resultOf(gate, parts([]))).toMatchObject({ status: 'FAIL' });
    expect(resultOf(gate, parts([hole(11_000, 29_900)]))).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
