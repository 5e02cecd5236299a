import { describe, expect, test } from 'vitest';
import { type RtoParams, rto } from '../../../../src/verdict/gates/rto.ts';
import { type DrillParts, failover, TIMES } from '../../../support/journal-builder.ts';
import { looked, MONITOR, resultOf, seen } from '../../../support/judge-one.ts';

const WRITES: RtoParams = { series: { ledger: 'writes' }, from: 'fault', limitMs: 60_000, sustain: 5, mustBreak: true };
const rtoOf = (parts: DrillParts = {}, params: Partial<RtoParams> = {}) =>
  resultOf(rto.spec('rto', 't', { ...WRITES, ...params }), parts);

describe('rto', () => {
  test('is an interval: from the last bad start after the proof to the first end of the recovery after the request', () => {
    // Writes start at 5, 55, …: the last refused one at 14,555, the first acknowledged one at 14,605 ends at 14,609.
    expect(rtoOf()).toMatchObject({
      status: 'PASS',
      value: 4_609,
      measured: '4.61s',
      limit: 'under 1m00s',
      uncertainty: '4.46s to 4.61s, a write each 50ms',
      reason: '',
    });
    expect(rtoOf()?.evidence.length).toBeGreaterThanOrEqual(4);
  });

  test('fails on the lower bound, and between the bounds says neither', () => {
    expect(rtoOf({}, { limitMs: 4_455 })).toMatchObject({ status: 'FAIL' });
    expect(rtoOf({}, { limitMs: 4_500 })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(rtoOf({}, { limitMs: 4_610 })).toMatchObject({ status: 'PASS' });
  });

  test('a flap does not count as recovered', () => {
    const by = (at: number) => (at > 12_000 && at < 12_150 ? 'pg-2' : failover(at));
    expect(rtoOf({ by })).toMatchObject({ value: 4_609 });
    expect(rtoOf({ by }, { sustain: 2 })?.value).toBeLessThan(2_100);
  });

  test('a relapse as long as the limit is no recovery', () => {
    const by = (at: number) => (at > 16_000 && at < 22_000 ? undefined : failover(at));
    expect(rtoOf({ by }, { limitMs: 5_000 })).toMatchObject({ status: 'FAIL' });
    expect(rtoOf({ by })?.reason).toContain('failed again 1 time afterwards');
  });

  test('a few good answers between two outages within the limit are no recovery', () => {
    const by = (at: number) => (at > 13_000 && at < 16_500 ? undefined : failover(at));
    const flapping = rtoOf({ by }, { limitMs: 5_000 });
    expect(flapping).toMatchObject({ status: 'FAIL' });
    expect(rtoOf({ by }, { limitMs: 10_000 })).toMatchObject({ status: 'PASS' });
  });

  test('never recovered: FAIL once the limit has been watched out, else INCONCLUSIVE', () => {
    const by = (at: number) => (at < TIMES.broken ? 'pg-1' : undefined);
    expect(rtoOf({ by }, { limitMs: 20_000 })).toMatchObject({ status: 'FAIL', value: null });
    expect(rtoOf({ by })).toMatchObject({ status: 'INCONCLUSIVE', reason: 'good service was not seen again' });
  });

  test('service that came back only because the node was started again is no failover', () => {
    const by = (at: number) => (at < TIMES.broken ? 'pg-1' : at < 30_500 ? undefined : 'pg-1');
    expect(rtoOf({ by })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: 'good service came back only after the node was ordered back',
    });
    expect(rtoOf({ by }, { limitMs: 20_000 })).toMatchObject({ status: 'FAIL' });
  });

  test('nor is service that came back for a moment, and stayed away until the node was started again', () => {
    const by = (at: number) => {
      if (at < TIMES.broken || at > 30_500) return 'pg-1';
      return at > 14_600 && at < 16_000 ? 'pg-2' : undefined;
    };
    expect(rtoOf({ by })).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('failed again, and was not good for long before the node was ordered back'),
    });
    // It came back too late to be known as sustained by then.
    const late = (at: number) => (at < TIMES.broken ? 'pg-1' : at < 29_890 ? undefined : 'pg-2');
    expect(rtoOf({ by: late })).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('from the undo: the clock starts with the order to start again', () => {
    const by = (at: number) => (at < TIMES.broken ? 'pg-1' : at < 32_000 ? undefined : 'pg-1');
    expect(rtoOf({ by }, { from: 'undo' })).toMatchObject({
      status: 'PASS',
      value: 2_009,
      uncertainty: '1.96s to 2.01s, a write each 50ms',
    });
  });

  test('from the undo, where nothing has to break', () => {
    const api: Partial<RtoParams> = { series: { probe: 'api' }, from: 'undo', mustBreak: false, sustain: 3 };
    expect(rtoOf({}, api)).toMatchObject({ status: 'PASS', value: 8 });
    expect(rtoOf({}, { ...api, mustBreak: true })).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(rtoOf({ api: (at) => (at > 29_000 ? undefined : ['ok', 3]) }, api)).toMatchObject({
      status: 'INCONCLUSIVE',
    });
  });

  test('a write whose times are no numbers is as good as none', () => {
    const change: DrillParts['change'] = (event) =>
      event.type !== 'ledger.entries'
        ? event
        : {
            ...event,
            items: event.items.map(([id, start, end, outcome]) => [
              id,
              start,
              start === 14_605 ? Number.NaN : end,
              outcome,
            ]),
          };
    expect(rtoOf({ change })).toMatchObject({ status: 'PASS', value: 4_659 });
  });

  test('with facts that must be seen too, the later of both counts', () => {
    const and = { probes: ['monitor'], key: '@others', to: { oneOf: ['wait_primary'] }, atLeast: 1 };
    const plan = { probes: [MONITOR] };
    const base = [seen('monitor', 'pg-2', 'secondary', 5, 8), looked('monitor')];
    const more = [...base, seen('monitor', 'pg-2', 'wait_primary', 15_005, 15_210)];
    expect(rtoOf({ plan, more }, { and })).toMatchObject({ status: 'PASS', value: 5_210 });
    expect(rtoOf({ plan, more: base }, { and })).toMatchObject({ status: 'INCONCLUSIVE', value: null });
    expect(rtoOf({ plan, more: base }, { and, limitMs: 10_000 })).toMatchObject({ status: 'FAIL' });
    expect(rtoOf({ plan, more: [looked('monitor')] }, { and })).toMatchObject({ status: 'INCONCLUSIVE' });
  });
});
