import { describe, expect, test } from 'vitest';
import { slowDemotion } from '../../../src/selftest/a-postgres.ts';
import { SHIPPED } from '../../../src/selftest/acts/redis.ts';
import { shippedTimes } from '../../../src/selftest/b-redis.ts';
import {
  expectAllUp,
  expectSealed,
  findSession,
  lacks,
  notPassed,
  onWellLab,
  runToEnd,
} from '../../support/lab-drills.ts';
import { sabotaged, shippedSentinelTimes } from '../../support/lab-sabotage.ts';

onWellLab();

/** Settings with which the target is out of reach are found before anything is broken: never a PASS, and no FAIL of the stack. */
async function expectUnattainable(id: string, reason: RegExp): Promise<void> {
  const { code, json, sessions } = await runToEnd({ only: id });
  expect(code).toBe(3);
  expect(json).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3, restored: true });
  const scenario = json.scenarios?.find((one) => one.id === id);
  expect(scenario).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'not-injected', faults: [] });
  expect(scenario?.why).toMatch(reason);
  expect(
    scenario?.gates.every((gate) => gate.status === 'INCONCLUSIVE' && gate.reason === 'nothing was injected'),
  ).toBe(true);
  expect(notPassed(json)).toEqual(
    expect.arrayContaining(['silent', 'bad-run', 'alerts'].map((id) => `${id}: INCONCLUSIVE`)),
  );
  const { records } = await expectSealed((await findSession(sessions)) ?? '');
  const check = records.find((one) => one.type === 'check' && one.check.status === 'unattainable');
  expect(check).toMatchObject({ scenario: id, check: { name: 'attainable', hint: expect.stringMatching(/\w/) } });
  expect(records.filter((one) => one.type === 'undo.armed' || one.type === 'fault.requested')).toEqual([]);
  await expectAllUp();
}

describe.skipIf(lacks('postgres'))('A, where the monitor waits a minute before it demotes a lost primary', () => {
  test('is not attainable, and nothing is broken', () =>
    sabotaged(slowDemotion, () =>
      expectUnattainable('A', /3s unhealthy \+ 1m00s demote = 1m03s of 1m00s.*: the target of 1m00s cannot be met/),
    ));
});

describe.skipIf(lacks('redis'))('B on the shipped times of Sentinel', () => {
  test('is not attainable, and nothing is broken', async () => {
    expect(await shippedSentinelTimes()).toEqual(SHIPPED);
    await sabotaged(shippedTimes, () =>
      expectUnattainable('B', /30s down-after \+ 2s agreement and promotion = 32s of 30s.*30s cannot be met/),
    );
  });
});
