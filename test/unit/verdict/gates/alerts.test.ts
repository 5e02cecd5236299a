import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { alerts } from '../../../../src/verdict/gates/alerts.ts';
import { loud } from '../../../../src/verdict/gates/loud.ts';
import { silent } from '../../../../src/verdict/gates/silent.ts';
import type { DrillParts } from '../../../support/journal-builder.ts';
import { resultOf, sessionResultOf } from '../../../support/judge-one.ts';

describe('alerts and silent', () => {
  const of = (parts: DrillParts = {}) => sessionResultOf(alerts.spec('a', 't', {}), parts);
  const heard = (parts: DrillParts = {}) => sessionResultOf(silent.spec('s', 't', {}), parts);
  const without =
    (drop: (event: GamedayEvent) => boolean): DrillParts['change'] =>
    (event) =>
      drop(event) ? undefined : event;
  const fired = (event: GamedayEvent) => event.type === 'alert.changed';
  const within = (withinMs: number): DrillParts['plan'] => ({
    alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs }],
  });

  test('fired for the stopped node in time, and resolved', () => {
    expect(of()).toMatchObject({
      status: 'PASS',
      value: 6_450,
      measured: 'slowest 6.45s: A PostgresNodeDown 6.45s',
      reason: '',
    });
    expect(of()?.uncertainty).toBe('5.3s to 6.45s, polled each second');
    expect(heard()).toMatchObject({ status: 'PASS', value: 0, measured: '0 silent of 1 fault' });
  });

  test('too late', () => {
    expect(of({ plan: within(5_000) })).toMatchObject({ status: 'FAIL' });
    expect(of({ plan: within(6_000) })).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('never fired: a FAIL only where it was watched for as long as its limit', () => {
    expect(of({ change: without(fired), plan: within(15_000) })).toMatchObject({ status: 'FAIL' });
    expect(of({ change: without(fired) })).toMatchObject({ status: 'INCONCLUSIVE' });
    const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
    expect(heard({ change: without(fired), plan: { logs, ...within(15_000) } })).toMatchObject({
      status: 'FAIL',
      value: 1,
    });
    expect(heard({ change: without(fired), plan: { logs } })).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('never fired: the time counts from the stop, and to the last look where the node was never ordered back', () => {
    const reason = (drop: (event: GamedayEvent) => boolean, withinMs: number) =>
      of({ change: without((event) => fired(event) || drop(event)), plan: within(withinMs) })?.reason;
    expect(reason(() => false, 15_000)).toContain('did not fire for the stopped node in the 20s');
    expect(reason(() => false, 15_000)).toContain('(limit 15s)');
    expect(reason(() => false, 60_000)).toContain(
      'in the 20s for which it was down, which is too short for its limit of 1m',
    );
    const gone = (event: GamedayEvent) => event.type.startsWith('undo.re') || event.type === 'undo.settled';
    expect(reason(gone, 60_000)).toContain('in the 25.95s for which it was watched');
  });

  test('servers that could not be read are no evidence', () => {
    const blind: DrillParts['more'] = [
      [9_990, { type: 'alert.reachability', scenario: 'A', reachable: false, detail: 'refused' }],
    ];
    const change = without(fired);
    expect(of({ change, more: blind, plan: within(15_000) })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(heard({ change, more: blind })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ change: without((event) => event.type === 'alert.baseline') })).toMatchObject({
      status: 'INCONCLUSIVE',
    });
  });

  test('servers that are known as unreadable only when the last poll before the way back goes wrong', () => {
    const blind = (at: number): DrillParts['more'] => [
      [at, { type: 'alert.reachability', scenario: 'A', reachable: false, detail: 'no answer within 3s' }],
    ];
    const change = without(fired);
    expect(of({ change, more: blind(32_900), plan: within(19_900) })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ change, more: blind(34_500), plan: within(19_900) })).toMatchObject({ status: 'FAIL' });
  });

  test('a node that came back by itself was not down for long enough', () => {
    const back: DrillParts['more'] = [
      [11_000, { type: 'fault.returned', scenario: 'A', fault: 'A1', node: 'pg-1', detail: 'inspected up' }],
    ];
    const result = of({ change: without(fired), more: back, plan: within(15_000) });
    expect(result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(result?.reason).toContain('in the 1s for which it was down, which is too short');
  });

  test('never fired: nobody looked any more once the tool had died, whoever ordered the node back long after that', () => {
    const died = 13_900;
    const cut = <Item extends readonly unknown[]>(items: readonly Item[]) =>
      items.filter((item) => Number(item[1]) < died);
    const change: DrillParts['change'] = (event) => {
      if (event.type === 'samples') return { ...event, items: cut(event.items) };
      if (event.type === 'ledger.entries') return { ...event, items: cut(event.items) };
      return fired(event) || (event.type === 'undo.requested' && event.attempt === 1) ? undefined : event;
    };
    const back = { type: 'undo.requested', scenario: 'A', fault: 'A1', node: 'pg-1', attempt: 2 } as const;
    const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
    const late: DrillParts = { change, more: [[600_000, back]], plan: { ...within(15_000), logs } };
    expect(of(late)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of(late)?.reason).toContain('in the 3.85s for which it was watched, which is too short');
    expect(heard(late)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(resultOf(loud.spec('l', 't', {}), late)).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('a rule that is not loaded can never fire', () => {
    expect(
      of({ change: (event) => (event.type === 'alert.baseline' ? { ...event, rules: [] } : event) }),
    ).toMatchObject({ status: 'FAIL' });
  });

  test('does not resolve', () => {
    expect(of({ change: without((event) => event.type === 'alert.changed' && event.to === 'inactive') })).toMatchObject(
      { status: 'FAIL' },
    );
  });

  describe('clears before the node is ordered back', () => {
    const cleared =
      (notBefore: number, notAfter: number): DrillParts['change'] =>
      (event) =>
        event.type === 'alert.changed' && event.to === 'inactive' ? { ...event, notBefore, notAfter } : event;
    const again = (to: 'firing' | 'inactive', at: number, severity = 'page') =>
      [
        at,
        {
          type: 'alert.changed',
          scenario: 'A',
          name: 'PostgresNodeDown',
          labels: { node: 'pg-1', severity },
          where: 'alertmanager',
          from: to === 'firing' ? 'inactive' : 'firing',
          to,
          notBefore: at - 1_000,
          notAfter: at,
        },
      ] as const;

    test('while the node is down', () => {
      expect(of({ change: cleared(19_000, 20_100) })).toMatchObject({
        status: 'FAIL',
        reason: 'A PostgresNodeDown: it cleared while the node was down',
      });
      expect(of({ change: cleared(28_500, 29_600) })).toMatchObject({ status: 'FAIL' });
    });

    test('perhaps: it was last seen well before the order', () => {
      expect(of({ change: cleared(24_000, 31_000) })).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: expect.stringContaining('whether it cleared before the node was ordered back was not seen'),
      });
      const never = (event: GamedayEvent) =>
        event.type === 'undo.requested' || event.type === 'undo.settled' ? undefined : event;
      expect(of({ change: never })).toMatchObject({ status: 'INCONCLUSIVE' });
    });

    test('at the last poll before it, of a node that was back at once', () => {
      expect(of({ change: cleared(29_100, 30_200) })).toMatchObject({ status: 'PASS' });
    });

    test('of a node that came back by itself', () => {
      const back: DrillParts['more'] = [
        [19_000, { type: 'fault.returned', scenario: 'A', fault: 'A1', node: 'pg-1', detail: 'inspected up' }],
      ];
      expect(of({ change: cleared(20_000, 21_100), more: back })).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: expect.stringContaining('came back by itself'),
      });
    });

    test('and fires again, or another of the same node stays', () => {
      const early = (event: GamedayEvent) =>
        event.type === 'alert.changed' && event.to === 'inactive' && event.notAfter === 32_450 ? undefined : event;
      const twice = [again('inactive', 20_000), again('firing', 24_000), again('inactive', 32_400)];
      expect(of({ change: early, more: twice })).toMatchObject({ status: 'PASS' });
      const both = [
        again('inactive', 20_000),
        again('firing', 18_000, 'warning'),
        again('inactive', 32_400, 'warning'),
      ];
      expect(of({ change: early, more: both })).toMatchObject({ status: 'PASS' });
    });

    test('of the service, which a failover brings back without the node', () => {
      const ofService = (labels: Record<string, string>): DrillParts['plan'] => ({
        alerts: [{ name: 'PostgresNodeDown', labels, of: 'first', withinMs: 60_000 }],
      });
      const change = cleared(19_000, 20_100);
      expect(of({ change, plan: ofService({ severity: 'page' }) })).toMatchObject({ status: 'PASS' });
      expect(of({ change, plan: ofService({ node: 'pg-1', severity: 'page' }) })).toMatchObject({ status: 'FAIL' });
    });
  });

  test('a log line is sound enough', () => {
    const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
    const more: DrillParts['more'] = [
      [12_000, { type: 'log.matched', scenario: 'A', expectation: 'db', node: 'api-1', count: 1, line: 'x' }],
    ];
    expect(heard({ change: without(fired), plan: { logs }, more })).toMatchObject({ status: 'PASS' });
    expect(heard({ change: without(fired), plan: { logs, ...within(15_000) } })).toMatchObject({ status: 'FAIL' });
  });

  test('silenced or inhibited: it is there and reaches nobody, which is a FAIL that says where to look', () => {
    const held = (suppressedBy: { silences: string[]; alerts: string[] }): DrillParts['change'] => {
      return (event) =>
        event.type === 'alert.changed' && event.to === 'firing' ? { ...event, to: 'suppressed', suppressedBy } : event;
    };
    const silenced = of({ change: held({ silences: ['6f1e'], alerts: [] }), plan: within(15_000) });
    expect(silenced).toMatchObject({ status: 'FAIL' });
    expect(silenced?.reason).toContain('silenced by 6f1e (see #/silences/6f1e there)');
    const inhibited = of({ change: held({ silences: [], alerts: ['SiteDown'] }), plan: within(15_000) });
    expect(inhibited).toMatchObject({ status: 'FAIL' });
    expect(inhibited?.reason).toContain('inhibited by SiteDown');
    const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
    const mute = { change: held({ silences: ['6f1e'], alerts: [] }), plan: { logs, ...within(15_000) } };
    expect(heard(mute)).toMatchObject({ status: 'FAIL' });
  });

  test('a silence that ends in time lets the alert be heard', () => {
    const change: DrillParts['change'] = (event) =>
      event.type === 'alert.changed' && event.to === 'firing' ? { ...event, from: 'suppressed' } : event;
    expect(of({ change })).toMatchObject({ status: 'PASS' });
  });

  test('fired for another instance: not counted, and said', () => {
    const change: DrillParts['change'] = (event) =>
      event.type === 'alert.changed' ? { ...event, labels: { node: 'pg-2' } } : event;
    const result = of({ change, plan: within(15_000) });
    expect(result).toMatchObject({ status: 'FAIL' });
    expect(result?.reason).toContain('it fired for pg-2, which does not count');
  });

  test('labels of its own are asked for beside those of the node, which a stack-wide alert may lack', () => {
    const firesAs = (own: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>) =>
      of({
        plan: { alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000, labels: own }] },
        change: (event) => (event.type === 'alert.changed' ? { ...event, labels } : event),
      });
    const critical = { severity: 'critical' };
    expect(firesAs(critical, { ...critical, node: 'pg-1' })).toMatchObject({ status: 'PASS' });
    expect(firesAs(critical, { severity: 'page', node: 'pg-1' })).toMatchObject({ status: 'FAIL' });
    const other = firesAs(critical, { ...critical, node: 'pg-2' });
    expect(other).toMatchObject({ status: 'FAIL' });
    expect(other?.reason).toContain('it fired for pg-2, which does not count');
    expect(firesAs({ cluster: 'main' }, { cluster: 'main' })).toMatchObject({ status: 'PASS' });
    expect(firesAs({ node: 'site' }, { node: 'site' })).toMatchObject({ status: 'PASS' });
  });

  test('where nobody listened nothing is known', () => {
    expect(heard({ plan: { alerts: [] } })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ plan: { alerts: [] } })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(heard({ plan: { alerts: [] }, by: () => 'pg-1' })).toMatchObject({ status: 'PASS' });
  });
});
