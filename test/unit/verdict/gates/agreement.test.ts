import { describe, expect, test } from 'vitest';
import { type AgreementParams, agreement } from '../../../../src/verdict/gates/agreement.ts';
import { type DrillParts, samples } from '../../../support/journal-builder.ts';
import { looked, MONITOR, resultOf, seen } from '../../../support/judge-one.ts';

describe('agreement', () => {
  const DOWN: AgreementParams = {
    probes: ['monitor'],
    key: '@victim',
    to: { oneOf: ['DOWN'] },
    atLeast: 1,
    from: 'fault',
    limitMs: 30_000,
  };
  const of = (params: Partial<AgreementParams>, more: DrillParts['more'], probes = [MONITOR]) =>
    resultOf(agreement.spec('a', 't', { ...DOWN, ...params }), { more, plan: { probes } });
  const up = seen('monitor', 'pg-1', 'UP', 5, 8);

  test('is timed between the last look before and the look that saw it', () => {
    expect(of({}, [up, looked('monitor'), seen('monitor', 'pg-1', 'DOWN', 12_005, 12_208)])).toMatchObject({
      status: 'PASS',
      value: 2_208,
      uncertainty: '1.91s to 2.21s, a probe each 200ms',
    });
  });

  test('counts from the last time it became true', () => {
    const flap = [
      up,
      looked('monitor'),
      seen('monitor', 'pg-1', 'DOWN', 12_005, 12_208),
      seen('monitor', 'pg-1', 'UP', 13_005, 13_208),
      seen('monitor', 'pg-1', 'DOWN', 14_005, 14_208),
    ];
    expect(of({}, flap)).toMatchObject({ status: 'PASS', value: 4_208 });
    expect(of({}, flap.slice(0, 4))).toMatchObject({ status: 'INCONCLUSIVE', measured: 'not seen, last UP' });
  });

  test('what turns back only after the undo was held', () => {
    const more = [
      up,
      looked('monitor'),
      seen('monitor', 'pg-1', 'DOWN', 12_005, 12_208),
      seen('monitor', 'pg-1', 'UP', 31_005, 31_208),
    ];
    expect(of({}, more)).toMatchObject({ status: 'PASS', value: 2_208 });
    expect(of({ from: 'undo', to: { oneOf: ['UP'] } }, more)).toMatchObject({ status: 'PASS', value: 1_208 });
  });

  test('never seen: FAIL where the limit was watched out, INCONCLUSIVE where it was not', () => {
    expect(of({}, [up, looked('monitor')])).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({ limitMs: 15_000 }, [up, looked('monitor')])).toMatchObject({ status: 'FAIL' });
    expect(of({ limitMs: 15_000 }, [up])).toMatchObject({ status: 'INCONCLUSIVE' });
    expect(of({}, [looked('monitor')])).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('its reasons name the node, as a person knows it', () => {
    expect(of({}, [up, looked('monitor')])?.reason).toBe('pg-1 did not become DOWN and stay so: it was last UP');
    const late = [up, looked('monitor'), seen('monitor', 'pg-1', 'DOWN', 12_005, 12_208)];
    expect(of({ limitMs: 1_000 }, late)?.reason).toBe('pg-1 became DOWN too late');
    const others = of({ key: '@others', limitMs: 15_000 }, [seen('monitor', 'pg-2', 'UP', 5, 8), looked('monitor')]);
    expect(others?.reason).toBe('another node did not become DOWN and stay so: it was last UP');
  });

  test('a look that was answered after the node was ordered back may have seen what came of that', () => {
    const lastTook = (tookMs: number) =>
      of({ limitMs: 15_000 }, [
        up,
        [35_950, samples('monitor', { from: 9_800, to: 30_000, every: 20_000 }, () => ['ok', tookMs])],
      ]);
    expect(lastTook(3)).toMatchObject({ status: 'FAIL' });
    expect(lastTook(1_500)).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('what was true before the fault proves nothing', () => {
    expect(of({}, [seen('monitor', 'pg-1', 'DOWN', 5, 8), looked('monitor')])).toMatchObject({
      status: 'INCONCLUSIVE',
    });
  });

  test('what is true all along counts from the undo with the first look after it', () => {
    const more = [seen('monitor', 'pg-1', 'UP', 5, 8), looked('monitor')];
    expect(of({ from: 'undo', to: { oneOf: ['UP'] } }, more)).toMatchObject({ status: 'PASS', value: 8 });
    expect(of({ from: 'undo', to: { oneOf: ['UP'] } }, more.slice(0, 1))).toMatchObject({ status: 'INCONCLUSIVE' });
  });

  test('a majority agrees when the second one names the same new value', () => {
    const names = ['s1', 's2', 's3'];
    const probes = names.map((name) => ({
      ...MONITOR,
      name,
      target: 's',
      intervalMs: 200,
      timeoutMs: 1_000,
      user: false,
    }));
    const params: Partial<AgreementParams> = { probes: names, key: 'master', to: 'changed', atLeast: 2 };
    const base = names.flatMap((name) => [seen(name, 'master', 'r1', 5, 8), looked(name)]);
    expect(
      of(
        params,
        [...base, seen('s2', 'master', 'r2', 12_000, 12_100), seen('s3', 'master', 'r2', 13_000, 13_100)],
        probes,
      ),
    ).toMatchObject({
      status: 'PASS',
      value: 3_100,
    });
    expect(
      of(
        params,
        [...base, seen('s2', 'master', 'r2', 12_000, 12_100), seen('s3', 'master', 'r3', 13_000, 13_100)],
        probes,
      ),
    ).toMatchObject({
      status: 'INCONCLUSIVE',
      value: null,
    });
  });
});
