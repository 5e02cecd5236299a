import { describe, expect, test } from 'vitest';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import { states } from '../../../../src/verdict/gates/states.ts';
import { type DrillParts, samples, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

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
      { more, change },
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
});
