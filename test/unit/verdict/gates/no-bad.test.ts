import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../../src/core/outcome.ts';
import type { GamedayEvent } from '../../../../src/journal/events.ts';
import type { Samples } from '../../../../src/journal/events-watch.ts';
import { noBad } from '../../../../src/verdict/gates/no-bad.ts';
import { type DrillParts, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';

describe('no-bad', () => {
  const of = (parts: DrillParts, window: 'all-down' | 'outage' | 'whole' = 'all-down', minSamples = 100) =>
    resultOf(noBad.spec('n', 't', { series: [{ probe: 'api' }], window, minSamples }), parts);

  test('a 429 counts as well as a 5xx, and only in its window', () => {
    expect(of({})).toMatchObject({ status: 'PASS', measured: '0 of 199' });
    expect(of({ api: (at) => (at === 20_005 ? ['http429', 2] : ['ok', 2]) })).toMatchObject({
      status: 'FAIL',
      value: 1,
    });
    const late = { api: (at: number) => (at === 32_005 ? (['http5xx', 2] as const) : (['ok', 2] as const)) };
    expect(of(late)).toMatchObject({ status: 'PASS' });
    expect(of(late, 'whole')).toMatchObject({ status: 'FAIL' });
  });

  test('a 4xx is our own mistake: it fails nobody and proves nothing', () => {
    const refused = (at: number) => (at === 20_005 ? (['http4xx', 2] as const) : (['ok', 2] as const));
    expect(of({ api: refused })).toMatchObject({
      status: 'INCONCLUSIVE',
      value: 0,
      reason: "gameday's own request was refused as 4xx 1 time",
    });
    const both = (at: number) => (at === 21_005 ? (['http5xx', 2] as const) : refused(at));
    expect(of({ api: both })).toMatchObject({ status: 'FAIL', value: 1 });
  });

  test('too few looks prove nothing', () => {
    expect(of({}, 'all-down', 201)).toMatchObject({ status: 'INCONCLUSIVE', reason: 'api: 199 of at least 201 looks' });
  });

  test('a failure may hide where nobody looked; a missed tick or two hides none', () => {
    const without = (fromMs: number, toMs: number) => (at: number) =>
      at > fromMs && at < toMs ? undefined : (['ok', 2] as const);
    expect(of({ api: without(20_000, 21_900) })).toMatchObject({
      status: 'PASS',
      uncertainty: 'a probe each 100ms; looks 2s apart at most',
    });
    expect(of({ api: without(20_000, 22_000) })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'api: nobody looked for 2.1s',
      uncertainty: 'a probe each 100ms; looks 2.1s apart at most',
    });
    const slow = [{ name: 'api', target: 'x', intervalMs: 1_000, timeoutMs: 1_000, user: true }];
    expect(of({ plan: { probes: slow }, api: without(20_000, 22_000) })).toMatchObject({ status: 'PASS' });
  });

  test('a look for which we had no descriptors is no failure, and no look either', () => {
    const short = (toMs: number) => (at: number) =>
      at > 20_000 && at < toMs ? (['shortage', 0] as const) : (['ok', 2] as const);
    expect(of({ api: short(20_500) })).toMatchObject({ status: 'PASS', value: 0 });
    expect(of({ api: short(23_000) })).toMatchObject({ status: 'INCONCLUSIVE', value: 0 });
  });

  test('what each probe must have read while all nodes were down', () => {
    const sized = (read: (at: number) => string | undefined, outcome: Outcome = 'ok') => {
      const items: Samples['items'][number][] = [];
      for (let at = 5; at < TIMES.verified; at += 200) items.push([at, at, at + 2, outcome, read(at)]);
      const probe = { name: 'read', target: 'x', intervalMs: 200, timeoutMs: 1_000, user: false };
      const each = { probes: ['read'], details: ['1 KiB', '10 MiB'] };
      const spec = noBad.spec('n', 't', { series: [{ probe: 'read' }], window: 'outage', minSamples: 20, each });
      return resultOf(spec, {
        plan: { probes: [probe] },
        more: [[35_980, { type: 'samples', scenario: 'A', probe: 'read', items }]],
      });
    };
    expect(sized((at) => (at % 2_000 === 5 ? '10 MiB' : '1 KiB'))).toMatchObject({
      status: 'PASS',
      uncertainty: expect.stringMatching(/1 KiB: \d+, 10 MiB: 9$/),
    });
    // It was read before the fault and after the undo, which is when every node serves it.
    expect(sized((at) => (at < TIMES.requested || at > TIMES.undo ? '10 MiB' : '1 KiB'))).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'read: no look at 10 MiB was good with all nodes down',
    });
    expect(sized(() => undefined, 'http5xx')).toMatchObject({ status: 'FAIL' });
  });

  test('after a fact was surely seen', () => {
    const after = { probes: ['stats'], key: '@victim', to: { oneOf: ['DOWN'] }, atLeast: 1 };
    const spec = noBad.spec('n', 't', { series: [{ probe: 'api' }], window: { after }, minSamples: 10 });
    const saw = (to: string, at: number): readonly [number, GamedayEvent] => [
      at,
      { type: 'observation', scenario: 'A', probe: 'stats', key: 'pg-1', to, notBefore: at - 100, notAfter: at },
    ];
    const api = (at: number) => (at > 10_000 && at < 12_000 ? (['http5xx', 2] as const) : (['ok', 2] as const));
    expect(resultOf(spec, { api, more: [saw('UP', 200), saw('DOWN', 12_050)] })).toMatchObject({ status: 'PASS' });
    expect(resultOf(spec, { api, more: [saw('UP', 200), saw('DOWN', 11_000)] })).toMatchObject({ status: 'FAIL' });
    // Without a look after the fault nothing says that it changed; the reason names the node.
    expect(resultOf(spec, { api, more: [saw('UP', 200)] })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'pg-1 stayed UP: there is no time after it changed',
    });
    expect(resultOf(spec, { api })).toMatchObject({ status: 'INCONCLUSIVE', reason: 'no probe saw pg-1' });
  });
});
