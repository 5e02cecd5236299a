import { describe, expect, test } from 'vitest';
import { noRedispatch } from '../../../src/selftest/d-haproxy.ts';
import {
  expectAllUp,
  expectSealed,
  findSession,
  gateOf,
  lacks,
  notPassed,
  onWellLab,
  runToEnd,
} from '../../support/lab-drills.ts';
import { sabotaged, withFragileApi, withNodesDown, withoutAlertRule } from '../../support/lab-sabotage.ts';

onWellLab();

/**
 * Every lost request is tried again at the dead backend until it is marked DOWN, three failed checks and a second each later, and
 * fails late: less than the lab's own limit is surely an outage, which is INCONCLUSIVE there. Below that it is a FAIL.
 */
const STRICT = 'version: 1\nscenarios:\n  D:\n    maxErrorRun: 200ms\n';
/** Not to wait a minute for an alert that cannot come. */
const QUICK_ALERTS = 'version: 1\nlimits:\n  alertWithin: 20s\n';

describe.skipIf(lacks('haproxy'))('D', () => {
  test('without redispatch fails by its error run, and by nothing else', async () => {
    const { code, json, sessions } = await sabotaged(noRedispatch, () => runToEnd({ only: 'D', config: STRICT }));
    expect(notPassed(json)).toEqual(['D error-run: FAIL']);
    expect(gateOf(json, 'D', 'error-run')).toMatchObject({ status: 'FAIL', reason: 'errors lasted too long' });
    expect(json).toMatchObject({ verdict: 'FAIL', exit: 1, restored: true });
    expect(json.scenarios?.find((one) => one.id === 'D')?.verdict).toBe('FAIL');
    expect(code).toBe(1);
    await expectSealed((await findSession(sessions)) ?? '');
    await expectAllUp();
  });

  test.skipIf(lacks('monitoring'))('without its alert rule fails by the alerts, and by nothing else', async () => {
    const { code, json } = await withoutAlertRule('HaproxyBackendDown', () =>
      runToEnd({ only: 'D', config: QUICK_ALERTS }),
    );
    expect(notPassed(json)).toEqual(['alerts: FAIL']);
    expect(gateOf(json, null, 'alerts')).toMatchObject({
      status: 'FAIL',
      reason: expect.stringContaining('no such alerting rule is loaded'),
    });
    expect(json).toMatchObject({ verdict: 'FAIL', exit: 1, restored: true });
    expect(code).toBe(1);
    await expectAllUp();
  });

  test.skipIf(lacks('monitoring'))('without Prometheus runs, and its alerts are INCONCLUSIVE', async () => {
    const { code, json } = await withNodesDown(['prometheus'], () => runToEnd({ only: 'D', config: QUICK_ALERTS }));
    expect(notPassed(json)).toEqual(['alerts: INCONCLUSIVE']);
    expect(gateOf(json, null, 'alerts')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('the alerts were not read before the fault'),
    });
    expect(json.scenarios?.find((one) => one.id === 'D')).toMatchObject({ verdict: 'PASS', outcome: 'completed' });
    expect(json).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3, restored: true });
    expect(code).toBe(3);
    await expectAllUp();
  });
});

describe.skipIf(lacks('rabbitmq'))('E', () => {
  test('with an API that answers 503 while the broker is away fails by its bad run', async () => {
    const { code, json } = await withFragileApi((url) =>
      runToEnd({
        only: 'E',
        config: `version: 1\nscenarios:\n  E:\n    api:\n      url: ${url}\n`,
        args: ['--outage', '35s'],
      }),
    );
    expect(notPassed(json)).toEqual(['E error-run: FAIL', 'bad-run: FAIL']);
    expect(gateOf(json, 'E', 'error-run')).toMatchObject({ status: 'FAIL', reason: 'errors lasted too long' });
    expect(gateOf(json, null, 'bad-run')).toMatchObject({ status: 'FAIL', reason: 'users saw errors for too long' });
    expect(json).toMatchObject({ verdict: 'FAIL', exit: 1, restored: true });
    expect(code).toBe(1);
    await expectAllUp();
  });
});
