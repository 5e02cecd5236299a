import { describe, expect, test } from 'vitest';
import { badRun } from '../../../../src/verdict/gates/bad-run.ts';
import { errorRun } from '../../../../src/verdict/gates/error-run.ts';
import type { DrillParts } from '../../../support/journal-builder.ts';
import { resultOf, sessionResultOf } from '../../../support/judge-one.ts';

describe('error-run and bad-run', () => {
  const run = (parts: DrillParts, limitMs = 30_000) =>
    resultOf(errorRun.spec('e', 't', { probes: ['api'], window: 'whole', limitMs }), parts);
  const bad = (parts: DrillParts, limitMs = 30_000) => sessionResultOf(badRun.spec('b', 't', { limitMs }), parts);
  const outage = {
    api: (at: number) => (at > 10_000 && at < 14_000 ? (['refused', 1] as const) : (['ok', 2] as const)),
  };

  test('count what failed and time the longest run', () => {
    expect(run(outage)).toMatchObject({ status: 'PASS', measured: '40 of 260 failed, longest run 4.1s', value: 4_102 });
    expect(bad(outage)).toMatchObject({ status: 'PASS', value: 4_102 });
  });

  test('where nothing was bad, a run may still fit between two looks', () => {
    expect(run({})).toMatchObject({ status: 'PASS', uncertainty: '0ms to 100ms, a probe each 100ms' });
    expect(bad({})).toMatchObject({ status: 'PASS', uncertainty: expect.stringMatching(/^0ms to 100ms, /) });
    const hole = { api: (at: number) => (at > 12_000 && at < 13_000 ? undefined : (['ok', 2] as const)) };
    expect(run(hole)).toMatchObject({ status: 'PASS', uncertainty: '0ms to 1.1s, a probe each 100ms' });
    expect(bad(hole)).toMatchObject({ status: 'PASS', uncertainty: expect.stringMatching(/^0ms to 1.1s, /) });
  });

  test('miss their limit', () => {
    expect(run(outage, 3_800)).toMatchObject({ status: 'FAIL' });
    expect(bad(outage, 3_800)).toMatchObject({ status: 'FAIL' });
    expect(bad(outage, 4_000)).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test("what was over before the stop is not the fault's doing", () => {
    const before = {
      api: (at: number) => (at > 2_000 && at < 8_000 ? (['refused', 1] as const) : (['ok', 2] as const)),
    };
    expect(run(before, 1_000)).toMatchObject({ status: 'PASS', measured: '0 of 260 failed, longest run 0ms' });
    expect(bad(before, 1_000)).toMatchObject({ status: 'PASS' });
    const across = {
      api: (at: number) => (at > 8_000 && at < 12_000 ? (['refused', 1] as const) : (['ok', 2] as const)),
    };
    expect(run(across, 1_000)).toMatchObject({ status: 'FAIL' });
    expect(bad(across, 1_000)).toMatchObject({ status: 'FAIL' });
  });

  test('an outage that never ended is no PASS', () => {
    const open = { api: (at: number) => (at > 30_000 ? (['timeout', 1_000] as const) : (['ok', 2] as const)) };
    expect(run(open)).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(bad(open)).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(bad(open, 4_000)).toMatchObject({ status: 'FAIL' });
  });

  test('an outage may hide where nobody looked', () => {
    const hole = { api: (at: number) => (at > 12_000 && at < 20_000 ? undefined : (['ok', 2] as const)) };
    expect(run(hole)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(bad(hole, 5_000)).toMatchObject({ status: 'INCONCLUSIVE' });
    // A hole shorter than the limit cannot hide a run as long as the limit.
    expect(bad(hole)).toMatchObject({ status: 'PASS', value: 0, uncertainty: expect.stringMatching(/^0ms to 8.1s, /) });
  });

  test('a hole that a busy machine may leave hides a run as well, where the limit is as short', () => {
    const quiet = (at: number) => at > 20_000 && at < 21_000;
    const hole = { api: (at: number) => (quiet(at) ? undefined : (['ok', 2] as const)) };
    expect(run(hole, 500)).toMatchObject({
      status: 'INCONCLUSIVE',
      measured: '0 of 250 failed, longest run 0ms',
      uncertainty: '0ms to 1.1s, a probe each 100ms',
      reason: 'api: nobody looked for 1.1s',
    });
    expect(bad(hole, 500)).toMatchObject({
      status: 'INCONCLUSIVE',
      measured: 'longest 0ms (A 0ms)',
      reason: 'A api: nobody looked for 1.1s',
    });
    expect(run(hole, 1_200)).toMatchObject({ status: 'PASS' });
    expect(bad(hole, 1_200)).toMatchObject({ status: 'PASS' });
    // Beside a run that is short enough it hides one all the same, and one that is too long needs no hole.
    const brief = (at: number) => at > 15_000 && at < 15_200;
    const both = { api: (at: number) => (brief(at) ? (['refused', 1] as const) : hole.api(at)) };
    expect(run(both, 500)).toMatchObject({ status: 'INCONCLUSIVE', reason: 'api: nobody looked for 1.1s' });
    expect(bad(both, 500)).toMatchObject({ status: 'INCONCLUSIVE', reason: 'A api: nobody looked for 1.1s' });
    const long = { api: (at: number) => (quiet(at) ? undefined : outage.api(at)) };
    expect(run(long, 500)).toMatchObject({ status: 'FAIL', reason: 'errors lasted too long' });
    expect(bad(long, 500)).toMatchObject({ status: 'FAIL', reason: 'users saw errors for too long' });
  });

  test('answers that prove nothing either way are no looks: an outage may hide behind them', () => {
    // No descriptors of our own left: nothing was asked.
    const short = {
      api: (at: number) => (at > 12_000 && at < 20_000 ? (['shortage', 2] as const) : (['ok', 2] as const)),
    };
    expect(run(short, 5_000)).toMatchObject({ status: 'INCONCLUSIVE' });
    const apart = {
      api: (at: number) => (at > 12_000 && at < 20_000 ? (['http429', 2] as const) : (['ok', 2] as const)),
    };
    expect(run(apart)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(bad(apart, 5_000)).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(bad(apart)).toMatchObject({ status: 'PASS', uncertainty: expect.stringMatching(/^0ms to 8.1s, /) });
  });

  test('nothing that users use was watched', () => {
    expect(bad({ plan: { probes: [] } })).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
