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
    const told = (more: DrillParts['more']) =>
      sessionResultOf(silent.spec('s', 't', {}), {
        plan: { logs, alerts: [], probes, component: 'database' },
        change: (event) => (event.type === 'alert.changed' ? undefined : event),
        more,
      });

    test('speaks where it changes, or where the whole does', () => {
      const before = [says('database', 'healthy', 200), says('status', 'healthy', 200), says('cache', 'healthy', 200)];
      expect(told([...before, says('database', 'unhealthy', 11_000, 'healthy')])).toMatchObject({ status: 'PASS' });
      expect(told([...before, says('status', 'degraded', 11_000, 'healthy')])).toMatchObject({ status: 'PASS' });
      expect(told([...before, says('cache', 'degraded', 11_000, 'healthy')])).toMatchObject({ status: 'FAIL' });
      expect(told([...before, says('database', 'unhealthy', 31_000, 'healthy')])).toMatchObject({ status: 'FAIL' });
      expect(told(before)?.reason).toContain(
        'silent: it was felt, and raised no alert and no log line, and no component',
      );
    });

    test('that was seen only afterwards says nothing about a change', () => {
      expect(told([says('database', 'unhealthy', 11_000)])).toMatchObject({ status: 'FAIL' });
    });
  });
});
