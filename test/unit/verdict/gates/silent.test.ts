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
});
