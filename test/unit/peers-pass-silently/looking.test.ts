import { describe, expect, test } from 'vitest';
import type { GateSpec } from '../../../src/core/gate.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import type { GamedayEvent, ProbeMissed } from '../../../src/journal/events.ts';
import { agreement, badRun } from '../../../src/verdict/gates/index.ts';
import { type DrillParts, failover, TIMES, VICTIM } from '../../support/journal-builder.ts';
import { change, judge, judgeFile, resultOf } from '../../support/peer-drill.ts';

describe('what was seen for a moment counts', () => {
  test('a continuous probe breaks and heals', () => {
    const judged = judge({ api: (at) => (at > 12_000 && at < 13_000 ? ['http5xx', 3] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'FAIL', value: 10 });
    expect(judged).toMatchObject({ verdict: 'FAIL', exit: 1 });
  });

  test('an outage of one sample', () => {
    const judged = judge({ api: (at) => (at === 12_005 ? ['refused', 1] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({
      status: 'FAIL',
      value: 1,
      measured: '1 of 260 (1 refused)',
    });
  });

  test('an answer that came late is the only trace of a freeze', () => {
    const judged = judge({ api: (at) => (at === 12_005 ? ['late', 1_400] : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'FAIL', value: 1 });
  });

  test('a stand-in answered instead of the service for a second', () => {
    const judged = judge({ api: (at) => (at > 12_000 && at < 13_000 ? ['protocol', 3] : ['ok', 3]) });
    expect(resultOf(judged, 'api')).toMatchObject({ status: 'FAIL', measured: '10 of 260 (10 protocol)' });
    expect(judged).toMatchObject({ verdict: 'FAIL', exit: 1 });
  });
});

describe('what was not looked at is not good', () => {
  test('nobody looked for a while', () => {
    const judged = judge({ api: (at) => (at > 15_000 && at < 18_000 ? undefined : ['ok', 3]) });
    expect(judged.scenarios[0]?.gates[2]?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.scenarios[0]?.gates[2]?.result.reason).toContain('nobody looked for 3.1s');
  });

  test('nobody looked at all', () => {
    expect(judge({ api: () => undefined }).verdict).toBe('INCONCLUSIVE');
    expect(judge({ change: change('ledger.audited', () => undefined) }).verdict).toBe('INCONCLUSIVE');
  });

  test('a probe never got one sample', () => {
    const judged = judgeFile({ api: () => undefined });
    expect(resultOf(judged, 'api')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'api: 0 of at least 50 looks',
    });
    expect(resultOf(judged, 'run')).toMatchObject({ status: 'INCONCLUSIVE', reason: 'api did not look' });
    expect(resultOf(judged, 'bad-run')).toMatchObject({ status: 'INCONCLUSIVE', reason: 'A api did not look' });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('a ledger never made one write', () => {
    const judged = judgeFile({
      change: change('ledger.entries', (event) => ({ ...event, items: [] }) as GamedayEvent),
    });
    expect(resultOf(judged, 'rto')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'writes did not look before the fault',
    });
    expect(resultOf(judged, 'data')).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test.each(['late', 'in-flight'] as const)('every sample was missed (%s)', (reason) => {
    const missed: ProbeMissed = {
      type: 'probe.missed',
      scenario: 'A',
      probe: 'api',
      count: 360,
      firstScheduledAt: 5,
      lastScheduledAt: 35_905,
      reason,
    };
    const judged = judgeFile({ api: () => undefined, more: [[35_960, missed]] });
    for (const gate of ['api', 'run', 'bad-run']) expect(resultOf(judged, gate).status, gate).toBe('INCONCLUSIVE');
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test.each(['http4xx', 'http429'] as const)(
    'every answer was %s: nobody was served, and no outage was seen',
    (outcome) => {
      const judged = judgeFile({ api: () => [outcome satisfies Outcome, 3] });
      expect(resultOf(judged, 'run')).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: expect.stringContaining('api did not look'),
      });
      expect(resultOf(judged, 'bad-run')).toMatchObject({ status: 'INCONCLUSIVE' });
      expect(judged.verdict).not.toBe('PASS');
    },
  );
});

describe('the observation ended before the recovery', () => {
  /** The ledger as far as it was written until then. */
  const until = (ms: number): DrillParts['change'] =>
    change('ledger.entries', (event) =>
      event.type === 'ledger.entries' ? { ...event, items: event.items.filter(([, at]) => at < ms) } : event,
    );

  test('writes never came back', () => {
    const judged = judgeFile({ by: (at) => (at < TIMES.broken ? 'pg-1' : undefined) });
    expect(resultOf(judged, 'rto')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'good service was not seen again',
      value: null,
    });
    expect(resultOf(judged, 'data').status).toBe('INCONCLUSIVE');
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('nobody wrote any more while they were away', () => {
    const judged = judgeFile({ change: until(12_000) });
    expect(resultOf(judged, 'rto')).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('too few good writes were seen to call it sustained', () => {
    const judged = judgeFile({ change: until(TIMES.back + 150) });
    expect(resultOf(judged, 'rto')).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('service came back only because the node was started again', () => {
    const judged = judgeFile({ by: (at) => (at < TIMES.broken || at > TIMES.undone ? 'pg-1' : undefined) });
    expect(resultOf(judged, 'rto')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'good service came back only after the node was ordered back',
    });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('users were not looked at any more', () => {
    const judged = judgeFile({ api: (at) => (at < 20_000 ? ['ok', 3] : undefined) });
    for (const gate of ['api', 'run']) expect(resultOf(judged, gate).status, gate).toBe('INCONCLUSIVE');
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('users were not looked at any more while they saw errors', () => {
    const gates: readonly GateSpec[] = [badRun.spec('bad-run', 'b', { limitMs: 30_000 })];
    const judged = judgeFile({
      session: { sessionGates: gates },
      api: (at) => (at < 10_100 ? ['ok', 3] : at < 20_000 ? ['http5xx', 3] : undefined),
    });
    expect(resultOf(judged, 'bad-run')).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(judged.verdict).not.toBe('PASS');
  });
});

describe('alerts and states', () => {
  test('the alert was firing already before the fault', () => {
    const active = [
      { name: 'PostgresNodeDown', labels: { node: 'pg-1' }, state: 'firing', where: 'alertmanager' },
    ] as const;
    const judged = judge({ change: change('alert.baseline', (event) => ({ ...event, active }) as GamedayEvent) });
    expect(judged.session.find((one) => one.spec.id === 'alerts')?.result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('an alert of another node does not count', () => {
    const judged = judge({
      plan: {
        alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }],
        logs: [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }],
      },
      change: change('alert.changed', (event) =>
        event.type === 'alert.changed' ? { ...event, labels: { node: 'pg-2' } } : event,
      ),
    });
    expect(judged.session.find((one) => one.spec.id === 'alerts')?.result.status).not.toBe('PASS');
    expect(judged.session.find((one) => one.spec.id === 'silent')?.result.status).toBe('FAIL');
    expect(VICTIM.name).toBe('pg-1');
  });

  test('a state that nobody looked at while it mattered', () => {
    const rejoin = agreement.spec('rejoin', 'r', {
      probes: ['roles'],
      key: '@victim',
      to: { oneOf: ['secondary'] },
      atLeast: 1,
      from: 'undo',
      limitMs: 60_000,
    });
    const seen = { type: 'observation', scenario: 'A', probe: 'roles', key: 'pg-1' } as const;
    const before: GamedayEvent = { ...seen, to: 'secondary', notBefore: 1_000, notAfter: 1_100 };
    expect(resultOf(judgeFile({ gates: [rejoin] }), 'rejoin').status).toBe('INCONCLUSIVE');
    // It was right before the fault; nobody has seen it since.
    expect(resultOf(judgeFile({ gates: [rejoin], more: [[1_100, before]] }), 'rejoin').status).not.toBe('PASS');
  });
});

test('service that was never broken: a failover at which nothing was to be seen proves nothing', () => {
  expect(judgeFile({ by: (at) => (failover(at) === undefined ? 'pg-2' : failover(at)) })).toMatchObject({
    verdict: 'INCONCLUSIVE',
    exit: 3,
  });
});
