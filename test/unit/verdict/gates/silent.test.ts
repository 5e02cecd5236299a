import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { silent } from '../../../../src/verdict/gates/silent.ts';
import { type DrillParts, TIMES } from '../../../support/journal-builder.ts';
import { sessionResultOf } from '../../../support/judge-one.ts';

describe('silent', () => {
  const logs = [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 10_000 }];
  const line = (at: number): readonly [number, GamedayEvent] => [
    at,
    { type: 'log.matched', scenario: 'A', expectation: 'db', node: 'api-1', count: 1, line: 'x' },
  ];
  const of = (more: DrillParts['more']) =>
    sessionResultOf(silent.spec('s', 't', {}), {
      plan: { logs, alerts: [] },
      change: (event) => (event.type === 'alert.changed' ? undefined : event),
      more,
    });

  test('a line while the node is down speaks, one after it was ordered back does not', () => {
    expect(of([line(TIMES.proven + 500)])).toMatchObject({ status: 'PASS', value: 0 });
    expect(of([line(TIMES.undo + 3_000)])).toMatchObject({ status: 'FAIL', value: 1 });
    expect(of([])).toMatchObject({ status: 'FAIL', value: 1 });
  });

  test('a line that is from before the fault by its own time speaks of no fault', () => {
    const [at, event] = line(TIMES.proven + 500);
    const old = of([[at, { ...event, writtenAt: '2023-11-14T22:00:00.000Z' } as GamedayEvent]]);
    expect(old).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(old?.reason).toContain('from before the fault: it came late, or that clock is wrong');
  });

  test('what is heard just after the node was ordered back may be about its return', () => {
    expect(of([line(TIMES.undo - 1)])).toMatchObject({ status: 'PASS' });
    const late = of([line(TIMES.undo + 1_000)]);
    expect(late).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(late?.reason).toContain('may be about its return');
  });

  test('says nothing of a node that came back by itself, nor by what was logged after that', () => {
    const back: readonly [number, GamedayEvent] = [
      11_000,
      { type: 'fault.returned', scenario: 'A', fault: 'A1', node: 'pg-1', detail: 'inspected up' },
    ];
    for (const more of [[back], [back, line(14_000)]]) {
      const result = of(more);
      expect(result).toMatchObject({ status: 'INCONCLUSIVE' });
      expect(result?.reason).toContain('came back by itself');
    }
    expect(of([line(TIMES.proven + 500), back])).toMatchObject({ status: 'PASS' });
  });

  test('the time to speak counts from the proof that the node was gone', () => {
    const slow = (provenAt: number) =>
      sessionResultOf(silent.spec('s', 't', {}), {
        plan: { logs: [{ name: 'db', nodes: ['api-1'], pattern: 'x', withinMs: 19_000 }], alerts: [] },
        change: (event) =>
          event.type === 'alert.changed' || (event.type === 'fault.proven' && event.platform !== 'late')
            ? undefined
            : event,
        more: [
          [
            provenAt,
            {
              type: 'fault.proven',
              scenario: 'A',
              fault: 'A1',
              node: 'pg-1',
              platform: 'late',
              independent: 'refused',
            },
          ],
        ],
      });
    expect(slow(10_900)).toMatchObject({ status: 'FAIL' });
    expect(slow(11_100)).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('an alert that was firing before the fault, or that nobody had looked at by then, is no voice', () => {
    const fires = (change: (event: GamedayEvent) => GamedayEvent | undefined) =>
      sessionResultOf(silent.spec('s', 't', {}), {
        plan: { logs, alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }] },
        change,
      });
    expect(fires((event) => event)).toMatchObject({ status: 'PASS' });
    const fired = [
      {
        name: 'PostgresNodeDown',
        labels: { node: 'pg-1', severity: 'page' },
        state: 'firing',
        where: 'alertmanager',
      } as const,
    ];
    const before = fires((event) => (event.type === 'alert.baseline' ? { ...event, active: fired } : event));
    expect(before?.status).not.toBe('PASS');
    expect(fires((event) => (event.type === 'alert.baseline' ? undefined : event))).toMatchObject({
      status: 'INCONCLUSIVE',
    });
  });

  test('no access to logs is INCONCLUSIVE, said as that', () => {
    const result = sessionResultOf(silent.spec('s', 't', {}), {
      plan: { alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }] },
      change: (event) => (event.type === 'alert.changed' ? undefined : event),
    });
    expect(result).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(result?.reason).toContain('no access to logs is configured (scenarios.A.logs)');
  });

  describe('what a component calls itself', () => {
    const probes = [{ name: 'api', target: 'GET x', intervalMs: 100, timeoutMs: 1_000, user: true, health: true }];
    const says = (key: string, to: string, at: number, from?: string): readonly [number, GamedayEvent] => [
      at,
      { type: 'observation', scenario: 'A', probe: 'api', key, from, to, notBefore: at - 100, notAfter: at },
    ];
    const told = (more: DrillParts['more'], component: string | null = 'database') =>
      sessionResultOf(silent.spec('s', 't', {}), {
        plan: { logs, alerts: [], probes, ...(component === null ? {} : { component }) },
        change: (event) => (event.type === 'alert.changed' ? undefined : event),
        more,
      });

    const others = [says('status', 'healthy', 200), says('cache', 'healthy', 200)];
    const before = [says('database', 'healthy', 200), ...others];

    test('speaks where it changes', () => {
      expect(told([...before, says('database', 'unhealthy', 11_000, 'healthy')])).toMatchObject({ status: 'PASS' });
      expect(told([...before, says('cache', 'degraded', 11_000, 'healthy')])).toMatchObject({ status: 'FAIL' });
      expect(told([...before, says('database', 'unhealthy', 31_000, 'healthy')])).toMatchObject({ status: 'FAIL' });
      expect(told([...before, says('database', 'unhealthy', TIMES.undo + 50, 'healthy')])).toMatchObject({
        status: 'INCONCLUSIVE',
      });
      expect(told(before)?.reason).toContain(
        'silent: it was felt, and raised no alert and no log line, and no component',
      );
    });

    test('is heard in the status of the whole only where the service does not know the component', () => {
      const degraded = says('status', 'degraded', 11_000, 'healthy');
      expect(told([...others, degraded])).toMatchObject({ status: 'PASS' });
      expect(told([...before, degraded])).toMatchObject({ status: 'FAIL' });
    });

    test('is not about a stack that has no component: another one may have fallen ill meanwhile', () => {
      const result = told(
        [...others, says('cache', 'degraded', 11_000, 'healthy'), says('status', 'degraded', 11_000, 'healthy')],
        null,
      );
      expect(result).toMatchObject({ status: 'FAIL' });
      expect(result?.reason).toContain('raised neither an alert nor a log line');
    });

    test('is no voice where instances that answer in turn called it so while all was steady', () => {
      const inTurn = [says('database', 'degraded', 3_000, 'healthy'), says('database', 'healthy', 3_400, 'degraded')];
      expect(told([...before, ...inTurn, says('database', 'degraded', 11_000, 'healthy')])).toMatchObject({
        status: 'FAIL',
      });
      expect(told([...before, ...inTurn, says('database', 'unhealthy', 11_000, 'healthy')])).toMatchObject({
        status: 'PASS',
      });
    });

    test('is no voice where it gets well: it was ill before the fault', () => {
      const ill = [says('database', 'degraded', 200), ...others];
      expect(told([...ill, says('database', 'healthy', 11_000, 'degraded')])).toMatchObject({ status: 'FAIL' });
      expect(told([...ill, says('database', 'unhealthy', 11_000, 'degraded')])).toMatchObject({ status: 'PASS' });
    });

    test('that was seen only afterwards says nothing about a change', () => {
      expect(told([says('database', 'unhealthy', 11_000)])).toMatchObject({ status: 'FAIL' });
    });
  });
});
