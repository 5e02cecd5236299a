import { describe, expect, test } from 'vitest';
import { isJsonObject } from '../../../../src/core/json.ts';
import { labSettings } from '../../../../src/lab/settings.ts';
import { haproxySettings } from '../../../../src/scenarios/d-haproxy-settings.ts';
import { errorRun } from '../../../../src/verdict/gates/error-run.ts';
import { type Answer, TIMES } from '../../../support/journal-builder.ts';
import { resultOf } from '../../../support/judge-one.ts';
import { WHOLE_LAB } from '../../../support/whole-lab.ts';

const { scenarios } = labSettings(WHOLE_LAB);
const ofLab: unknown = isJsonObject(scenarios) ? scenarios.D : undefined;
const { maxErrorRun, rate } = haproxySettings.parse(ofLab);

/** The gate with the limit and the times that D has in the lab, over looks that are answered like this. */
const of = (api: (at: number) => Answer | undefined) => {
  const probes = [{ name: 'api', target: 'x', intervalMs: 100, timeoutMs: rate.timeout, user: true }];
  return resultOf(errorRun.spec('e', 't', { probes: ['api'], window: 'outage', limitMs: maxErrorRun }), {
    plan: { probes },
    api,
  });
};
const good: Answer = ['ok', 2];
const since = (at: number) => at - TIMES.broken;

describe('the run of failed requests of D in the lab', () => {
  test('passes a tuned balancer, and a machine that stalls for just under a second', () => {
    expect(of(() => good)).toMatchObject({ status: 'PASS', limit: 'under 1.5s' });
    expect(of((at) => (since(at) > 500 && since(at) < 1_400 ? undefined : good))).toMatchObject({ status: 'PASS' });
    expect(of((at) => (since(at) > 500 && since(at) < 1_400 ? ['ok', 1_400 - since(at)] : good))).toMatchObject({
      status: 'PASS',
    });
    expect(of((at) => (since(at) > 0 && since(at) < 700 ? ['http5xx', 5] : good))).toMatchObject({ status: 'PASS' });
  });

  test.each([2_000, 2_500, 3_000])('passes no balancer that tries a dead backend for %ims and fails late', (downMs) => {
    // Every second request goes to the dead backend, where four attempts take 1.5 s.
    const lost = (at: number) => since(at) >= 0 && since(at) < downMs && Math.round(since(at) / 100) % 2 === 0;
    expect(of((at) => (lost(at) ? ['http5xx', 1_500] : good))).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('the limit lies within the uncertainty'),
    });
  });

  test('fails one whose requests are refused as long', () => {
    expect(of((at) => (since(at) >= 0 && since(at) < 2_000 ? ['refused', 1] : good))).toMatchObject({
      status: 'FAIL',
      reason: 'errors lasted too long',
    });
  });
});

test('a lab with the shipped defaults, which has no redispatch, has the limit that real deployments have', () => {
  const settings = labSettings({ ...WHOLE_LAB, defaults: true }).scenarios;
  expect(haproxySettings.parse(isJsonObject(settings) ? settings.D : undefined).maxErrorRun).toBe(30_000);
});

test('a real deployment keeps its own limit', () => {
  if (!isJsonObject(ofLab)) throw new Error('the lab has no drill D');
  const { maxErrorRun: _, ...own } = ofLab;
  expect(haproxySettings.parse(own).maxErrorRun).toBe(30_000);
});
