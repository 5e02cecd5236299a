import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../src/journal/events.ts';
import { contradictionsOf, ofComponent } from '../../../src/verdict/contradictions.ts';
import { type Answer, type DrillParts, drill } from '../../support/journal-builder.ts';

const probes = [{ name: 'api', target: 'GET x', intervalMs: 100, timeoutMs: 1_000, user: true, health: true }];
const says = (to: string, at: number): readonly [number, GamedayEvent] => [
  at,
  { type: 'observation', scenario: 'A', probe: 'api', key: 'database', to, notBefore: at - 100, notAfter: at },
];
/** Writes fail from 10 s to 25 s. */
const failing = (at: number) => (at > 10_000 && at < 25_000 ? undefined : 'pg-1');

const found = (parts: DrillParts, leastMs?: number) => {
  const [scenario] = drill({ by: failing, ...parts, plan: { probes, component: 'database', ...parts.plan } }).view()
    .scenarios;
  return scenario === undefined ? [] : ofComponent(scenario, leastMs);
};

describe('witnesses that contradict each other', () => {
  test('a component that calls itself healthy while every write fails', () => {
    const [one, ...more] = found({ more: [says('healthy', 200)] });
    expect(more).toEqual([]);
    expect(one?.text).toMatch(
      /^api calls database healthy for at least 14\.\d+s, while every write of writes failed \(\d+ in a row\)$/u,
    );
    expect(one?.lastedMs).toBeGreaterThan(14_000);
    expect(one?.t).toBeGreaterThan(10_000);
  });

  test('one that is late by less than its limit contradicts nobody, and neither does a degraded one', () => {
    expect(found({ more: [says('healthy', 200), says('unhealthy', 19_000), says('healthy', 26_000)] })).toEqual([]);
    expect(found({ more: [says('degraded', 200)] })).toEqual([]);
    expect(found({ more: [says('healthy', 200), says('unhealthy', 19_000)] }, 5_000)).toHaveLength(2);
  });

  test('a write in between that was acknowledged ends it', () => {
    const now = (at: number) => (at === 18_005 ? 'pg-1' : failing(at));
    expect(found({ by: now, more: [says('healthy', 200)] })).toEqual([]);
  });

  test('while the API gives no answer it claims nothing', () => {
    const api = (at: number): Answer => (at > 16_000 && at < 22_000 ? ['timeout', 1_000] : ['ok', 3]);
    expect(found({ api, more: [says('healthy', 200)] })).toEqual([]);
  });

  test('a component that stays unhealthy while every write is acknowledged', () => {
    const [one] = found({ more: [says('healthy', 200), says('unhealthy', 10_500)], by: () => 'pg-1' });
    expect(one?.text).toContain('api calls database unhealthy for at least');
    expect(one?.text).toContain('every write of writes was acknowledged');
  });

  test('a store whose own health says that it takes writes, while every one fails for several seconds', () => {
    const store = (value: string, by: DrillParts['by']) => {
      const own = { ...probes[0], name: 'api', target: 'GET x', intervalMs: 100, timeoutMs: 1_000, user: false };
      const plan = { probes: [{ ...own, health: undefined, writable: { key: 'cluster', value: '200' } }] };
      const said: GamedayEvent = {
        ...{ type: 'observation', scenario: 'A', probe: 'api', key: 'cluster' },
        ...{ to: value, notBefore: 100, notAfter: 200 },
      };
      const [scenario] = drill({ by, plan, more: [[200, said]] }).view().scenarios;
      return scenario === undefined ? [] : contradictionsOf(scenario).map(({ text }) => text);
    };
    expect(store('200', failing)).toEqual([
      expect.stringMatching(
        /^api says 200 for cluster, which is that it takes writes, for at least 14\.\d+s, while every/u,
      ),
    ]);
    expect(store('503', failing)).toEqual([]);
    expect(store('200', (at) => (at > 10_000 && at < 14_000 ? undefined : 'pg-1'))).toEqual([]);
  });

  test('nothing is compared where the plan names no component or no health', () => {
    expect(found({ plan: { component: undefined }, more: [says('healthy', 200)] })).toEqual([]);
    const deaf = [{ name: 'api', target: 'GET x', intervalMs: 100, timeoutMs: 1_000, user: true }];
    expect(found({ plan: { probes: deaf }, more: [says('healthy', 200)] })).toEqual([]);
  });
});
