import { describe, expect, test } from 'vitest';
import { isoUtc } from '../../../src/core/time.ts';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { longestPart, partsText } from '../../../src/verdict/alert-parts.ts';
import { judgeAlert } from '../../../src/verdict/expected-alerts.ts';
import { alerts } from '../../../src/verdict/gates/alerts.ts';
import { type DrillParts, drill } from '../../support/journal-builder.ts';
import { sessionResultOf } from '../../support/judge-one.ts';

type Timed = readonly [number, GamedayEvent];

/** The server's clock is an hour ahead of everything. */
const server = (t: number) => isoUtc(1_800_003_600_000 + t);
const labels = { node: 'pg-1', job: 'postgres', instance: 'x:1' };

const look = (t: number, lastScrape: number, tookMs = 20): Timed => [
  t + 4,
  {
    type: 'scrapes.seen',
    scenario: 'A',
    serverAt: server(t + 2),
    comparedMs: 20_000,
    targets: [
      { ...labels, labels, state: 'up', detail: '', lastScrape: server(lastScrape), tookMs, intervalMs: 1_000 },
    ],
    notBefore: t,
    notAfter: t + 4,
  },
];

const surveyed = (waitMs = 0): Timed => [
  9_700,
  {
    type: 'alert.surveyed',
    scenario: 'A',
    rules: [{ name: 'PostgresNodeDown', query: 'up == 0', forMs: 5_000, intervalMs: 1_000 }],
    inputs: [],
    targets: [labels],
    groupWaits: [{ receiver: 'team', waitMs }],
    problems: [],
  },
];

const inPrometheus = (to: 'pending' | 'firing', t: number): Timed => [
  t,
  {
    type: 'alert.changed',
    scenario: 'A',
    name: 'PostgresNodeDown',
    labels,
    where: 'prometheus',
    from: to === 'pending' ? 'inactive' : 'pending',
    to,
    notBefore: t - 1_050,
    notAfter: t,
    activeAt: server(11_400),
  },
];

/** Stopped at 10,000; scraped at 10,800; evaluated at 11,400; fired at 16,400 and received 60 ms later. */
const parts = (more: readonly Timed[] = [], receivedAt = server(16_440)): DrillParts => ({
  more: [
    surveyed(),
    look(9_000, 8_780),
    inPrometheus('pending', 12_100),
    look(14_000, 13_780),
    inPrometheus('firing', 16_440),
    ...more,
  ],
  change: (event) =>
    event.type === 'alert.changed' && event.where === 'alertmanager'
      ? {
          ...event,
          labels: { ...labels, cluster: 'one' },
          ...(event.to === 'firing' ? { activeAt: server(16_400), receivedAt, receivers: ['team'] } : {}),
        }
      : event,
});

const judged = (given: DrillParts) => {
  const view = drill(given).view();
  const [scenario] = view.scenarios;
  const [expected] = scenario?.plan.alerts ?? [];
  if (scenario === undefined || expected === undefined) throw new Error('no scenario');
  return judgeAlert(expected, scenario, view);
};

describe('the way of an alert', () => {
  test('each step has an interval of its own', () => {
    expect(judged(parts()).steps).toEqual({
      pending: { lowerMs: 950, upperMs: 2_100 },
      firing: { lowerMs: 5_290, upperMs: 6_440 },
      present: { lowerMs: 5_300, upperMs: 6_450 },
      resolved: { lowerMs: 1_400, upperMs: 2_450 },
    });
  });

  test('is taken apart by the clock of the server, whatever it shows', () => {
    const { parts: seen, status } = judged(parts());
    expect(status).toBe('PASS');
    expect(seen && partsText(seen)).toBe('scrape 800ms, evaluation 600ms, for 5s, delivery 40ms; longest: for');
  });

  test('a scrape that takes long is seen only by the evaluation after its end', () => {
    const slow = judged({
      ...parts(),
      more: [...(parts().more ?? []).filter(([t]) => t !== 14_004), look(14_000, 13_780, 700)],
    });
    expect(slow.parts).toMatchObject({ scrape: 480, evaluation: 920 });
  });

  test('group_wait counts as delivery, and for the limit: nobody was told before', () => {
    const change = parts();
    const waiting = { ...change, more: [surveyed(58_000), ...(change.more ?? []).slice(1)] };
    const { parts: seen, status, reason, interval } = judged(waiting);
    expect(seen && longestPart(seen)).toBe('delivery');
    expect(interval).toEqual({ lowerMs: 5_300, upperMs: 64_450 });
    expect(status).toBe('INCONCLUSIVE');
    expect(reason).toContain('delivery 58.04s (group_wait 58s); longest: delivery');
  });

  test('a clock of Alertmanager that is wrong gives way to our own poll', () => {
    expect(judged(parts([], isoUtc(0))).parts).toMatchObject({ delivery: 50 });
  });

  test('what is not known is said, and nothing is made up', () => {
    const blind = parts();
    expect(
      judged({ ...blind, more: (blind.more ?? []).filter(([, { type }]) => type !== 'scrapes.seen') }).parts,
    ).toBeUndefined();
    const other = {
      ...blind,
      more: [...(blind.more ?? []).filter(([, { type }]) => type !== 'scrapes.seen'), look(14_000, 20_000)],
    };
    expect(judged(other).parts?.for).toBe(5_000);
  });

  test('a late one says which part to shorten', () => {
    const late = {
      ...parts(),
      plan: { alerts: [{ name: 'PostgresNodeDown', of: 'first', withinMs: 5_000 } as const] },
    };
    expect(sessionResultOf(alerts.spec('a', 't', {}), late)).toMatchObject({
      status: 'FAIL',
      reason:
        'A PostgresNodeDown: fired 6.45s after the fault (5.3s to 6.45s): scrape 800ms, evaluation 600ms, for 5s, delivery 40ms; longest: for',
    });
  });

  test('one that this Prometheus never showed came from somewhere else', () => {
    const foreign = parts();
    const more = (foreign.more ?? []).filter(([, event]) => event.type !== 'alert.changed');
    expect(judged({ ...foreign, more })).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
