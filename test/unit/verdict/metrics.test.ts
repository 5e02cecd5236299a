import { describe, expect, test } from 'vitest';
import type { ScrapeState } from '../../../src/core/alert.ts';
import { isoUtc } from '../../../src/core/time.ts';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { alerts } from '../../../src/verdict/gates/alerts.ts';
import { metricTroubles } from '../../../src/verdict/metrics.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';
import { sessionResultOf } from '../../support/judge-one.ts';

type Timed = readonly [number, GamedayEvent];

const look = (t: number, node: string, state: ScrapeState['state'], detail = 'because'): Timed => [
  t,
  {
    type: 'scrapes.seen',
    scenario: 'A',
    serverAt: isoUtc(t),
    comparedMs: 8_000,
    targets: [
      { job: 'pg', instance: node, labels: { node }, state, detail, lastScrape: '', tookMs: 1, intervalMs: 1_000 },
    ],
    notBefore: t - 5,
    notAfter: t,
  },
];

const surveyed = (t: number, pgUp: number, up = 2): Timed => [
  t,
  {
    type: 'alert.surveyed',
    scenario: 'A',
    rules: [],
    inputs: [
      { rule: 'PostgresNodeDown', selector: 'up', series: up },
      { rule: 'PostgresNodeDown', selector: 'pg_up', series: pgUp },
    ],
    targets: [],
    groupWaits: [],
    problems: [],
  },
];

const found = (more: readonly Timed[], parts: DrillParts = {}) => {
  const [scenario] = drill({ ...parts, more }).view().scenarios;
  return scenario === undefined ? [] : metricTroubles(scenario).map(({ kind, text }) => `${kind}: ${text}`);
};

describe('metrics behind the alerts', () => {
  test('that are well say nothing', () => {
    expect(found([surveyed(9_700, 2), look(5_000, 'pg-2', 'up'), look(6_000, 'pg-2', 'unknown')])).toEqual([]);
  });

  test('a series that is missing, and a rule that has no data at all', () => {
    expect(found([surveyed(9_700, 0)])).toEqual([
      'series-missing: PostgresNodeDown reads pg_up, of which there was no series before the fault',
    ]);
    expect(found([surveyed(9_700, 0, 0)])[0]).toContain('the rule has no data and cannot fire');
    expect(found([surveyed(9_700, 2), surveyed(36_000, 0)])).toEqual([
      'series-missing: PostgresNodeDown reads pg_up, of which no series was left at the end of the drill',
    ]);
  });

  test('explain an alert that did not fire, which stays a FAIL', () => {
    const result = sessionResultOf(alerts.spec('a', 't', {}), {
      plan: { alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 15_000 }] },
      change: (event) => (event.type === 'alert.changed' ? undefined : event),
      more: [surveyed(9_700, 0)],
    });
    expect(result).toMatchObject({ status: 'FAIL' });
    expect(result?.reason).toContain('reads pg_up, of which there was no series');
  });

  test('a target that is not scraped: before, meanwhile, afterwards, once', () => {
    expect(found([look(5_000, 'pg-2', 'down', 'refused'), look(8_000, 'pg-2', 'down', 'refused')])).toEqual([
      'target-down: pg pg-2 (pg-2) was not scraped before the fault: refused',
    ]);
    expect(found([look(5_000, 'pg-2', 'up'), look(8_000, 'pg-2', 'down'), look(20_000, 'pg-2', 'up')])).toEqual([]);
    expect(found([look(15_000, 'pg-2', 'gone')])[0]).toContain('while pg-1 was down');
    expect(found([look(35_000, 'pg-2', 'stale')])[0]).toMatch(
      /^scrape-stale: pg pg-2 \(pg-2\) was scraped late after the restore: because$/u,
    );
  });

  test('the stopped node is missed by nobody until it is back', () => {
    expect(found([look(15_000, 'pg-1', 'down'), look(35_000, 'pg-1', 'down')])).toEqual([]);
    expect(found([look(5_000, 'pg-1', 'down'), look(47_000, 'pg-1', 'down')])).toHaveLength(1);
  });

  test('two nodes that are down are named as two', () => {
    const node = { name: 'pg-3', platform: 'fake', labels: {} };
    const undo = { platform: 'fake', node, action: 'start', deadlineMs: 1, verify: 'up', byHand: '' } as const;
    const second: readonly Timed[] = [
      [11_000, { type: 'undo.armed', scenario: 'A', fault: 'A2', undo }],
      [11_001, { type: 'fault.requested', scenario: 'A', fault: 'A2', node, action: 'stop', deadlineMs: 1 }],
    ];
    expect(found([...second, look(15_000, 'pg-2', 'gone')])[0]).toContain('while pg-1 and pg-3 were down');
  });

  test('one that stands still while there is traffic, and not where there is none', () => {
    expect(found([look(20_000, 'pg-2', 'frozen')])).toEqual([
      expect.stringMatching(
        /^metric-frozen: pg pg-2 \(pg-2\) stood still while pg-1 was down: it is scraped, but no figure about the service is another than 8s before, in spite of \d+ answered looks and writes; look whether its exporter gives out old figures$/u,
      ),
    ]);
    const quiet: DrillParts = {
      change: (event) => (event.type === 'samples' || event.type === 'ledger.entries' ? undefined : event),
    };
    expect(found([look(20_000, 'pg-2', 'frozen')], quiet)).toEqual([]);
  });
});
