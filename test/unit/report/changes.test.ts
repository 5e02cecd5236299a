import { describe, expect, it } from 'vitest';
import { foldJournal } from '../../../src/journal/fold.ts';
import type { ScenarioView } from '../../../src/journal/view.ts';
import { alertChanges } from '../../../src/report/alert-changes.ts';
import { serviceChanges, stateChanges } from '../../../src/report/changes.ts';
import { ms, ReportJournal, sessionStarted } from '../../support/report-journal.ts';

function scenario(fill: (journal: ReportJournal) => void): ScenarioView {
  const journal = new ReportJournal().add(0, sessionStarted());
  fill(journal);
  const view = foldJournal(journal.records).scenarios[0];
  if (view === undefined) throw new Error('no scenario');
  return view;
}

function observe(
  journal: ReportJournal,
  at: number,
  probe: string,
  key: string,
  from: string | undefined,
  to: string,
): void {
  journal.add(at, {
    type: 'observation',
    scenario: 'A',
    probe,
    key,
    from,
    to,
    notBefore: ms(at - 0.1),
    notAfter: ms(at),
  });
}

describe('state changes', () => {
  it('puts the first looks into one row', () => {
    const view = scenario((journal) => {
      observe(journal, 1, 'stats', 'api-1', undefined, 'UP');
      observe(journal, 1, 'stats', 'api-2', undefined, 'UP');
      observe(journal, 4, 'api', 'status', undefined, 'healthy');
    });
    expect(stateChanges(view).map((one) => one.text)).toEqual([
      'at first: stats: api-1 UP, api-2 UP; api: status healthy',
    ]);
  });

  it('puts what several probes saw at the same instant into one row, and later changes into another', () => {
    const view = scenario((journal) => {
      observe(journal, 5, 'sentinel:redis-2', 'master', 'redis-1', 'redis-2');
      observe(journal, 5.1, 'sentinel:redis-3', 'master', 'redis-1', 'redis-2');
      observe(journal, 6, 'sentinel:redis-3', 'redis-1', 'up', 'down');
    });
    expect(stateChanges(view).map((one) => one.text)).toEqual([
      'sentinel:redis-2, sentinel:redis-3: master is redis-2 (was redis-1)',
      'sentinel:redis-3: redis-1 is down (was up)',
    ]);
  });

  it('cuts a flapping state short, and still shows how it ended', () => {
    const view = scenario((journal) => {
      for (let n = 0; n < 20; n += 1)
        observe(journal, n + 1, 'stats', 'api-1', n % 2 ? 'DOWN' : 'UP', n % 2 ? 'UP' : 'DOWN');
    });
    const texts = stateChanges(view).map((one) => one.text);
    expect(texts).toHaveLength(9);
    expect(texts.at(-1)).toBe('stats: api-1 is UP (was DOWN, after 11 more changes)');
  });
});

describe('alert changes', () => {
  it('puts one alert that changed on several nodes and in both places at once into one row', () => {
    const view = scenario((journal) => {
      const change = (at: number, node: string, where: 'prometheus' | 'alertmanager', from: 'pending' | 'inactive') =>
        journal.add(at, {
          type: 'alert.changed',
          scenario: 'A',
          name: 'Degraded',
          labels: { node },
          where,
          from,
          to: 'firing',
          notBefore: ms(at - 1),
          notAfter: ms(at),
        });
      change(5, 'api-1', 'prometheus', 'pending');
      change(5.1, 'api-2', 'prometheus', 'pending');
      change(5.2, 'api-1', 'alertmanager', 'inactive');
      change(9, 'api-2', 'alertmanager', 'inactive');
    });
    expect(alertChanges(view.alerts).map((one) => `${one.action}: ${one.observation}`)).toEqual([
      'Alert Degraded (api-1), Degraded (api-2): firing in Prometheus and Alertmanager (was pending, inactive)',
      'Alert Degraded (api-2): firing in Alertmanager (was inactive)',
    ]);
  });
});

describe('service changes', () => {
  const probe = (...outcomes: ('ok' | 'refused')[]) =>
    scenario((journal) =>
      journal.add(60, {
        type: 'samples',
        scenario: 'A',
        probe: 'api',
        items: outcomes.map((outcome, n) => [ms(n), ms(n), ms(n + 0.01), outcome]),
      }),
    );

  it('gives a run of bad answers one row, with its length', () => {
    expect(serviceChanges(probe('ok', 'refused', 'refused', 'ok')).map((one) => one.text)).toEqual([
      'api: bad (refused), 2 in a row, good again after 2.01s',
    ]);
    expect(serviceChanges(probe('ok', 'refused')).map((one) => one.text)).toEqual([
      'api: bad (refused), 1 in a row, not good again in this drill',
    ]);
    expect(serviceChanges(probe('ok', 'ok'))).toEqual([]);
  });

  it('counts what would fill the table', () => {
    const texts = serviceChanges(
      probe(...Array.from({ length: 40 }, (_, n) => (n % 2 ? ('refused' as const) : ('ok' as const)))),
    ).map((one) => one.text);
    expect(texts).toHaveLength(5);
    expect(texts.at(-1)).toBe('api: 16 more runs of bad answers, 16 in all');
  });
});
