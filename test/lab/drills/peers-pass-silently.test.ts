import { describe, expect, test } from 'vitest';
import {
  expectAllUp,
  expectSealed,
  findSession,
  gateOf,
  lacks,
  onWellLab,
  type RunJson,
  readSession,
  runToEnd,
  startRun,
} from '../../support/lab-drills.ts';
import { backendsAt, withServerInMaintenance, withStandIn } from '../../support/lab-stand-ins.ts';

// The same situations as in test/unit/peers-pass-silently, on the real servers: none may end with exit 0.

onWellLab();

const PAGE = '<html><body>We are back soon</body></html>';

async function typesIn(sessions: string): Promise<readonly string[]> {
  const { records } = await readSession((await findSession(sessions)) ?? '');
  return records.map((record) => record.type);
}

function drillOf(json: RunJson) {
  return json.scenarios?.find((one) => one.id === 'D');
}

describe.skipIf(lacks('haproxy'))('nothing is broken where the steady state does not hold', () => {
  test('a backend is out of service before: refused, and it is named', async () => {
    const { code, json, sessions } = await withServerInMaintenance('api-2', () => runToEnd({ only: 'D' }));
    expect(code).toBe(3);
    expect(json.error).toMatchObject({ code: 'preflight', message: expect.stringMatching(/api-2 is MAINT/) });
    expect(await typesIn(sessions)).not.toContain('undo.armed');
    await expectAllUp();
  });

  test('another process answers where the stats socket was: refused, and not taken for HAProxy', async () => {
    const { code, json, sessions } = await withStandIn(PAGE, (port) =>
      runToEnd({
        only: 'D',
        config: `version: 1\nscenarios:\n  D:\n    stats: { host: 127.0.0.1, port: ${port} }\n`,
      }),
    );
    expect(code).toBe(3);
    expect(json.error?.message).toMatch(/the stats socket .* cannot be read: not an answer to "show stat"/);
    expect(await typesIn(sessions)).not.toContain('undo.armed');
    await expectAllUp();
  });
});

describe.skipIf(lacks('rabbitmq'))('another process answers where the broker was', () => {
  test('is refused, and not taken for RabbitMQ', async () => {
    const { code, json } = await withStandIn(PAGE, (port) =>
      runToEnd({
        only: 'E',
        config: `version: 1\nscenarios:\n  E:\n    node: { name: rabbitmq, platform: lab, host: 127.0.0.1, port: ${port} }\n`,
      }),
    );
    expect(code).toBe(3);
    expect(json.error?.message).toContain(`rabbitmq at 127.0.0.1:`);
    await expectAllUp();
  });
});

describe.skipIf(lacks('haproxy'))('a drill that broke something and saw the wrong thing', () => {
  test('another process answers at the stopped backend’s port: not proven gone, restored, INCONCLUSIVE', async () => {
    const { code, json, sessions } = await withStandIn(PAGE, (port) =>
      runToEnd({ only: 'D', config: backendsAt({ 'api-1': port, 'api-2': port }) }),
    );
    expect(code).toBe(3);
    expect(json).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3, restored: true });
    expect(drillOf(json)).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
    const types = await typesIn(sessions);
    expect(types).toContain('fault.settled');
    expect(types).not.toContain('fault.proven');
    await expectAllUp();
  });

  test('an HTML page with status 200 stands in front of the API: users were not served', async () => {
    const { code, json } = await withStandIn(PAGE, (port) =>
      runToEnd({
        only: 'D',
        config: `version: 1\nscenarios:\n  D:\n    api: { url: 'http://127.0.0.1:${port}' }\n`,
      }),
    );
    expect(code).not.toBe(0);
    expect(json).toMatchObject({ restored: true });
    expect(json.verdict).not.toBe('PASS');
    expect(gateOf(json, null, 'bad-run').status).not.toBe('PASS');
    await expectAllUp();
  });

  test('the observation is cut short: restored, 130, and no gate over the outage passes', async () => {
    const run = await startRun({ only: 'D' });
    await run.record('fault.proven');
    run.signal('SIGINT');
    const { code } = await run.ended;
    expect(code).toBe(130);
    const { records } = await expectSealed(await run.folder());
    const judged = records.filter((one) => one.type === 'gate.judged');
    expect(judged.find((one) => one.gate === 'clean-after-down')?.result.status).not.toBe('PASS');
    expect(records.find((one) => one.type === 'session.ended')).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 130 });
    await expectAllUp();
  });
});
