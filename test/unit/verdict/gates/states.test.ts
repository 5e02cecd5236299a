import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { states } from '../../../../src/verdict/gates/states.ts';
import { type DrillParts, planOf, samples, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

const health = (name: string) => ({ name, target: 'h', intervalMs: 200, timeoutMs: 1_000, user: false });

describe('states', () => {
  const of = (
    says: readonly (readonly [number, string])[],
    looked = true,
    settleMs?: number,
    change: DrillParts['change'] = (event) => event,
  ) => {
    const expect = [
      { window: 'steady', oneOf: ['200'] },
      { window: 'all-down', oneOf: ['503'] },
      { window: 'restored', oneOf: ['200'] },
    ] as const;
    const more: (readonly [number, GamedayEvent])[] = says.map(([at, to]) => [
      at,
      { type: 'observation', scenario: 'A', probe: 'health', key: 'cluster', to, notBefore: at - 200, notAfter: at },
    ]);
    if (looked) more.push([35_970, samples('health', { from: 5, to: TIMES.verified, every: 200 })]);
    return resultOf(
      states.spec('s', 't', {
        probes: ['health'],
        key: 'cluster',
        expect,
        ...(settleMs === undefined ? {} : { settleMs }),
      }),
      { more, change, plan: { probes: [...planOf().probes, health('health')] } },
    );
  };

  test('right in each stage', () => {
    expect(
      of([
        [300, '200'],
        [10_200, '503'],
        [32_000, '200'],
      ]),
    ).toMatchObject({ status: 'PASS', measured: 'steady 200, all-down 503, restored 200', value: 3 });
  });

  test('a strike that was not carried through never had all of its nodes down', () => {
    const cut: DrillParts['change'] = (event) =>
      event.type === 'phase.ended' && event.phase === 'inject' ? { ...event, ok: false } : event;
    expect(
      of(
        [
          [300, '200'],
          [32_000, '200'],
        ],
        true,
        undefined,
        cut,
      ),
    ).toMatchObject({ status: 'INCONCLUSIVE', reason: expect.stringContaining('not carried through') });
  });

  test('wrong at the end of a stage, or late, or back and forth', () => {
    expect(
      of([
        [300, '200'],
        [32_000, '200'],
      ]),
    ).toMatchObject({ status: 'FAIL', reason: 'all-down: health said 200' });
    expect(
      of([
        [300, '200'],
        [24_000, '503'],
        [32_000, '200'],
      ]),
    ).toMatchObject({ status: 'FAIL' });
    expect(
      of([
        [300, '200'],
        [10_200, '503'],
        [26_000, '200'],
        [27_000, '503'],
        [32_000, '200'],
      ]),
    ).toMatchObject({ status: 'FAIL' });
    expect(
      of(
        [
          [300, '200'],
          [24_000, '503'],
          [32_000, '200'],
        ],
        true,
        15_000,
      ),
    ).toMatchObject({ status: 'PASS' });
  });

  test('an old value that nobody looked at again proves nothing', () => {
    expect(
      of(
        [
          [300, '200'],
          [10_200, '503'],
        ],
        false,
      ),
    ).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of([])).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  describe('several probes', () => {
    const says = (node: string, to: string, at: number): readonly [number, GamedayEvent] => [
      at,
      {
        type: 'observation',
        scenario: 'A',
        probe: `health:${node}`,
        key: 'live',
        to,
        notBefore: at - 200,
        notAfter: at,
      },
    ];
    const looks = (node: string, quiet: (at: number) => boolean = () => false): readonly [number, GamedayEvent] => [
      35_970,
      samples(`health:${node}`, { from: 5, to: TIMES.verified, every: 200 }, (at) =>
        quiet(at) ? undefined : ['ok', 3],
      ),
    ];
    const of = (nodes: readonly string[], more: DrillParts['more'] = []) =>
      resultOf(
        states.spec('s', 't', {
          probes: nodes.map((node) => `health:${node}`),
          key: 'live',
          expect: [
            { window: 'steady', oneOf: ['200'] },
            { window: 'one-down', oneOf: ['200'] },
            { window: 'all-down', oneOf: ['200'] },
          ],
        }),
        { more, plan: { probes: nodes.map((node) => health(`health:${node}`)) } },
      );
    const outage = (at: number) => at > 10_000 && at < 30_000;

    test('each survivor must answer; a stopped node need not', () => {
      const both = [says('pg-2', '200', 300), says('pg-3', '200', 300)];
      expect(of(['pg-2', 'pg-3'], [...both, looks('pg-2'), looks('pg-3')])).toMatchObject({
        status: 'PASS',
        reason: '',
      });
      expect(of(['pg-2', 'pg-3'], [...both, looks('pg-2'), looks('pg-3', outage)])).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: 'one-down: health:pg-3 saw no live; all-down: health:pg-3 saw no live',
      });
      const victim = [says('pg-1', '200', 300), says('pg-2', '200', 300)];
      expect(of(['pg-1', 'pg-2'], [...victim, looks('pg-1', outage), looks('pg-2')])).toMatchObject({ status: 'PASS' });
    });

    test('one answer vouches for no window that is long; a short one needs no more', () => {
      const told = says('pg-2', '200', 300);
      const once = (at: number) => outage(at) && !(at > 11_000 && at < 11_300);
      expect(of(['pg-2'], [told, looks('pg-2', once)])).toMatchObject({
        status: 'INCONCLUSIVE',
        reason: expect.stringContaining('all-down: health:pg-2 saw no live for 18.8s'),
      });
      const flap = [told, says('pg-2', '503', 12_000), says('pg-2', '200', 12_200)];
      expect(of(['pg-2'], [...flap, looks('pg-2', outage)])).toMatchObject({ status: 'INCONCLUSIVE' });
      const brief = (at: number) => at > 20_000 && at < 21_400;
      expect(of(['pg-2'], [told, looks('pg-2', brief)])).toMatchObject({ status: 'PASS' });
    });
  });
});
