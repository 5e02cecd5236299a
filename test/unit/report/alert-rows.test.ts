import { describe, expect, it } from 'vitest';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { alertResults, alertRows, unexpectedAlerts } from '../../../src/report/alert-rows.ts';
import { resultJson } from '../../../src/report/json.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';

function seen(parts: DrillParts = {}) {
  const view = drill(parts).view();
  const [scenario] = view.scenarios;
  if (scenario === undefined) throw new Error('no scenario');
  return { view, scenario };
}

const fires = (
  at: number,
  labels: Record<string, string>,
  name = 'ApiComponentDegraded',
): readonly [number, GamedayEvent] => [
  at,
  {
    type: 'alert.changed',
    scenario: 'A',
    name,
    labels,
    where: 'alertmanager',
    from: 'inactive',
    to: 'firing',
    notBefore: at - 1_000,
    notAfter: at,
  },
];

describe('alerts in the report', () => {
  it('have each step with its bounds, for people and for machines', () => {
    const { view, scenario } = seen();
    expect(alertRows(scenario, view)).toEqual([
      {
        name: 'PostgresNodeDown (pg-1)',
        status: 'PASS',
        pending: 'not seen',
        firing: 'not seen',
        present: '5.3s to 6.45s',
        resolved: '1.4s to 2.45s',
        parts: '',
      },
    ]);
    expect(alertResults(scenario, view)).toEqual([
      {
        name: 'PostgresNodeDown',
        nodes: ['pg-1'],
        status: 'PASS',
        reason: '',
        ms: { pending: null, firing: null, present: [5_300, 6_450], resolved: [1_400, 2_450] },
        partsMs: null,
        longest: null,
      },
    ]);
    expect(resultJson(view, judgeSession(view)).scenarios[0]).toMatchObject({
      alerts: [{ name: 'PostgresNodeDown' }],
      unexpectedAlerts: [],
      backPressure: [],
      witnesses: [{ name: 'platform fake: pg-1 down' }, { name: 'ledger writes', outages: 1 }],
    });
  });

  it('that nobody expected are listed once, from the fault on', () => {
    const { scenario } = seen({
      more: [
        fires(5_000, { node: 'api-3' }),
        fires(12_000, { node: 'api-1', component: 'database' }),
        fires(20_000, { node: 'api-1', component: 'database' }),
        fires(13_000, { node: 'pg-2' }, 'PostgresNodeDown'),
      ],
    });
    expect(unexpectedAlerts(scenario).map((one) => one.text)).toEqual([
      'ApiComponentDegraded (api-1), component database: firing in Alertmanager',
      'PostgresNodeDown (pg-2): firing in Alertmanager',
    ]);
  });

  it('are none where no fault was proven', () => {
    const { view, scenario } = seen({ change: (event) => (event.type.startsWith('fault.') ? undefined : event) });
    expect([alertRows(scenario, view), unexpectedAlerts(scenario)]).toEqual([[], []]);
  });
});
