import { describe, expect, it } from 'vitest';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { momentsOf } from '../../../src/report/moment.ts';
import { witnessesOf, witnessRows } from '../../../src/report/witnesses.ts';
import { type Answer, type DrillParts, drill } from '../../support/journal-builder.ts';

const probes = [
  { name: 'api', target: 'GET x', intervalMs: 100, timeoutMs: 1_000, user: true, health: true },
  { name: 'stats', target: 's', intervalMs: 200, timeoutMs: 1_000, user: false },
];
const says = (probe: string, key: string, to: string, at: number): readonly [number, GamedayEvent] => [
  at,
  { type: 'observation', scenario: 'A', probe, key, to, notBefore: at - 100, notAfter: at },
];

function seen(parts: DrillParts) {
  const view = drill({ plan: { probes }, ...parts }).view();
  const [scenario] = view.scenarios;
  if (scenario === undefined) throw new Error('no scenario');
  return { witnesses: witnessesOf(scenario), rows: witnessRows(scenario, momentsOf(view)) };
}

describe('witnesses of one outage', () => {
  const api = (at: number): Answer => (at > 11_000 && at < 12_000 ? ['http5xx', 5] : ['ok', 5]);

  it('are kept apart: platform, probe, ledger, what is said of the victim and of a component', () => {
    const more = [
      says('stats', 'pg-1', 'UP', 200),
      says('stats', 'pg-1', 'DOWN', 12_000),
      says('stats', 'pg-1', 'UP', 31_500),
      says('stats', 'pg-2', 'secondary', 200),
      says('stats', 'pg-2', 'primary', 14_000),
      says('api', 'database', 'healthy', 200),
      says('api', 'database', 'unhealthy', 11_500),
      says('api', 'database', 'degraded', 13_000),
      says('api', 'database', 'healthy', 15_000),
    ];
    const { witnesses } = seen({ api, more });
    expect(witnesses.map(({ name, length, outages }) => [name, length.lowerMs, length.upperMs, outages])).toEqual([
      ['platform fake: pg-1 down', 19_900, 21_000, 1],
      ['probe api', 895, 1_105, 1],
      ['ledger writes', 4_548, 4_654, 1],
      ['api says database unhealthy, degraded', 3_400, 3_600, 1],
      ['stats says pg-1 DOWN', 19_400, 19_600, 1],
    ]);
  });

  it('stand side by side with their rates, those that saw nothing in one row', () => {
    const { rows } = seen({ more: [] });
    expect(rows.map((row) => [row.witness, row.length, row.rate])).toEqual([
      ['platform fake: pg-1 down', '19.9s to 21s', 'stop to start'],
      ['ledger writes', '4.55s to 4.65s', 'a write each 50ms'],
      ['probe api', 'saw nothing bad', ''],
    ]);
    expect(rows[1]?.first).toMatch(/Z \+00:00\.01$/u);
  });

  it('say how often, where it was more than once; what never came back has no end', () => {
    const twice = (at: number): Answer => ((at > 11_000 && at < 12_000) || at > 20_000 ? ['refused', 1] : ['ok', 5]);
    const { rows } = seen({
      api: twice,
      more: [says('api', 'status', 'healthy', 200), says('api', 'status', 'degraded', 11_000)],
    });
    expect(rows.find((row) => row.witness === 'probe api')?.length).toMatch(/ to unknown, the longest of 2$/u);
    expect(rows.find((row) => row.witness === 'api says status degraded')?.length).toMatch(/ to unknown$/u);
  });

  it('tell the longest of several times for which a fact was another one, not all of them as one', () => {
    const flaps = [
      says('stats', 'pg-1', 'UP', 200),
      says('stats', 'pg-1', 'DOWN', 12_000),
      says('stats', 'pg-1', 'UP', 14_000),
      says('stats', 'pg-1', 'DOWN', 24_000),
      says('stats', 'pg-1', 'DRAIN', 25_000),
      says('stats', 'pg-1', 'UP', 27_000),
    ];
    const row = (more: DrillParts['more']) => seen({ more }).rows.find((one) => one.witness.includes('says'));
    expect(row(flaps)).toMatchObject({
      witness: 'stats says pg-1 DOWN, DRAIN',
      length: '2.9s to 3.1s, the longest of 2',
    });
    expect(row(flaps)?.first).toMatch(/\+00:02/u);
    expect(row(flaps)?.last).toMatch(/\+00:16/u);
    const open = [
      says('api', 'status', 'healthy', 200),
      says('api', 'status', 'degraded', 11_000),
      says('api', 'status', 'healthy', 13_000),
      says('api', 'status', 'degraded', 20_000),
    ];
    expect(row(open)?.length).toBe('1.9s to unknown, the longest of 2');
    // Gone for good after all: the node has another role now.
    expect(row(flaps.slice(0, 4))).toBeUndefined();
  });

  it('are none where nothing was broken', () => {
    const unbroken: DrillParts['change'] = (event) => (event.type.startsWith('fault.') ? undefined : event);
    expect(seen({ change: unbroken })).toEqual({ witnesses: [], rows: [] });
  });
});
