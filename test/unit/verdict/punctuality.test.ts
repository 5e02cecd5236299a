import { expect, test } from 'vitest';
import type { LedgerEntries } from '../../../src/journal/events.ts';
import { serviceChanges } from '../../../src/report/changes.ts';
import { seriesOf } from '../../../src/verdict/looks.ts';
import { findOutages, lengthOf } from '../../../src/verdict/outages.ts';
import { punctualityOf } from '../../../src/verdict/punctuality.ts';
import { JournalBuilder, planOf, samples, sessionStarted } from '../../support/journal-builder.ts';

const OF = { scenario: 'A', probe: 'api' } as const;

/** A journal in which the probe `api` (each 100 ms) saw an outage from 1,000 to 2,000 ms, but for the ticks that it missed. */
function scenario(missed: ReadonlySet<number>, lateMs: (at: number) => number = () => 0) {
  const builder = new JournalBuilder()
    .add(0, sessionStarted([planOf()]))
    .add(0, { type: 'scenario.started', scenario: 'A' });
  const looks = samples('api', { from: 0, to: 4_000, every: 100 }, (at) =>
    missed.has(at) ? undefined : [at >= 1_000 && at < 2_000 ? 'refused' : 'ok', 2],
  );
  const items = looks.items.map(
    ([at, , endedAt, outcome]) => [at, at + lateMs(at), endedAt + lateMs(at), outcome] as const,
  );
  builder.add(4_000, { ...looks, items });
  for (const at of missed)
    builder.add(4_000, {
      type: 'probe.missed',
      ...OF,
      count: 1,
      firstScheduledAt: at,
      lastScheduledAt: at,
      reason: 'late',
    });
  const [view] = builder.view().scenarios;
  if (view === undefined) throw new Error('no scenario');
  return view;
}

function lengthSeen(missed: readonly number[]) {
  const series = seriesOf(scenario(new Set(missed)), { probe: 'api' });
  return findOutages(series?.looks ?? [], 3).map((one) => lengthOf(one, []));
}

test('the start lateness of every look, and what was missed and why', () => {
  const view = scenario(new Set([500, 600]), (at) => (at === 3_900 ? 40 : at / 1_000));
  const [api, writes] = punctualityOf(view);
  expect(api).toMatchObject({ name: 'api', intervalMs: 100, looks: 38 });
  expect(api?.missed).toEqual({ late: 2, 'in-flight': 0, 'stood-still': 0 });
  expect(api?.lateness?.p50Ms).toBeCloseTo(2);
  expect(api?.lateness).toMatchObject({ p99Ms: 40, maxMs: 40 });
  expect(writes).toMatchObject({ name: 'writes', looks: 0, lateness: undefined });
});

test('the start lateness of every write, where the journal tells it', () => {
  const writesOf = (late: readonly (number | undefined)[]) => {
    const items = late.map((lateMs, index): LedgerEntries['items'][number] => {
      const at = index * 50;
      return lateMs === undefined ? [index, at, at + 4, 'acked', 'pg-1'] : [index, at, at + 4, 'acked', '', lateMs];
    });
    const [view] = new JournalBuilder()
      .add(0, sessionStarted([planOf()]))
      .add(0, { type: 'scenario.started', scenario: 'A' })
      .add(4_000, { type: 'ledger.entries', scenario: 'A', ledger: 'writes', items })
      .view().scenarios;
    if (view === undefined) throw new Error('no scenario');
    return { punctuality: punctualityOf(view)[1], details: view.entries.get('writes')?.map(({ detail }) => detail) };
  };
  expect(writesOf([0.1, 0.2, 30]).punctuality).toMatchObject({
    looks: 3,
    lateness: { p50Ms: 0.2, p99Ms: 30, maxMs: 30 },
  });
  expect(writesOf([0.1]).details).toEqual([undefined]);
  expect(writesOf([undefined, undefined]).punctuality).toMatchObject({ looks: 2, lateness: undefined });
});

test('what was missed widens the interval, on the side where it was missed', () => {
  expect(lengthSeen([])).toEqual([{ lowerMs: 898, upperMs: 1_102 }]);
  // The last good looks before: it may have begun earlier.
  expect(lengthSeen([800, 900])).toEqual([{ lowerMs: 898, upperMs: 1_302 }]);
  // The first bad ones: it surely began later only.
  expect(lengthSeen([1_000, 1_100])).toEqual([{ lowerMs: 698, upperMs: 1_102 }]);
  // The last bad ones: it may have ended earlier.
  expect(lengthSeen([1_800, 1_900])).toEqual([{ lowerMs: 698, upperMs: 1_102 }]);
  // The first good ones after: it may have ended later.
  expect(lengthSeen([2_000, 2_100])).toEqual([{ lowerMs: 898, upperMs: 1_302 }]);
});

test('a write that gameday slept through is missed, not bad', () => {
  const [view] = new JournalBuilder()
    .add(0, sessionStarted([planOf()]))
    .add(0, { type: 'scenario.started', scenario: 'A' })
    .add(4_000, {
      type: 'ledger.entries',
      scenario: 'A',
      ledger: 'writes',
      items: [
        [1, 0, 4, 'acked', 'pg-1', 0],
        [2, 50, 2_050, 'indeterminate', 'no answer in 1000ms', 0.1, 'stood-still'],
        [3, 2_100, 2_104, 'acked', 'pg-1', 0],
      ],
    })
    .view().scenarios;
  if (view === undefined) throw new Error('no scenario');
  expect(seriesOf(view, { ledger: 'writes' })?.looks.map(({ class: kind }) => kind)).toEqual(['good', 'good']);
  expect(punctualityOf(view)[1]).toMatchObject({ looks: 2, lateness: { maxMs: 0 } });
  expect(view.entries.get('writes')).toHaveLength(3);
  expect(serviceChanges(view)).toEqual([]);
});
