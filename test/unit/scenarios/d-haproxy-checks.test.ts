import { describe, expect, it } from 'vitest';
import type { ServerChecks } from '../../../src/probes/haproxy-config.ts';
import { judgeChecks, judgeReturn, timeToDown } from '../../../src/scenarios/d-haproxy-checks.ts';
import { SimWorld } from '../../support/sim-world.ts';

const CHECKS: ServerChecks = {
  name: 'api-1',
  checked: true,
  interMs: 5_000,
  fastinterMs: 5_000,
  downinterMs: 5_000,
  fall: 3,
  rise: 2,
  observe: undefined,
  errorLimit: 10,
  onError: 'fail-check',
};
const judge = (own: Partial<ServerChecks>, fall: number | undefined = own.fall ?? 3) =>
  judgeChecks({ ...CHECKS, ...own }, fall, 30_000);

describe('the time until a dead backend is DOWN', () => {
  it('is shown as a sum', () => {
    expect(judge({})).toMatchObject({
      status: 'ok',
      detail: 'api-1: 5s until a check fails (inter) + 10s for 2 more (fastinter 5s, fall 3) = 15s of 30s',
    });
    expect(judge({ fastinterMs: 1_000 }).detail).toContain('+ 2s for 2 more (fastinter 1s, fall 3) = 7s of 30s');
  });

  it('cannot be met where the checks after the first take too long alone, and may be missed where all do', () => {
    expect(judge({ interMs: 15_000, fastinterMs: 15_000 })).toMatchObject({
      status: 'unattainable',
      detail: expect.stringContaining('= 45s of 30s: DOWN within 30s cannot be met'),
      hint: expect.stringContaining('inter'),
    });
    expect(judge({ interMs: 12_000, fastinterMs: 12_000 }).status).toBe('warning');
  });

  it('is another where the users’ own traffic marks a server', () => {
    const own = { interMs: 15_000, fastinterMs: 15_000, observe: 'layer4', errorLimit: 1, onError: 'mark-down' };
    expect(judge(own)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('sooner by 1 error of users (observe layer4, mark-down)'),
    });
  });

  it('is not trusted where HAProxy runs with another file', () => {
    expect(judge({ fall: 2 }, 10)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('runs with 10'),
    });
  });

  it('is a warning where the file cannot be read or does not know the server', async () => {
    const world = new SimWorld();
    const settings = { configFile: '/etc/haproxy/haproxy.cfg', backend: 'api', downWithin: 30_000, upWithin: 60_000 };
    const seen = [{ name: 'api-1', fall: 3 }];
    const asked = () => world.run(() => timeToDown(world, settings, seen));
    expect(await asked()).toMatchObject([{ status: 'warning', detail: expect.stringContaining('no such file') }]);
    await world.run(async () => {
      await world.fs.makeFolder('/etc/haproxy', 0o700);
      await world.fs.write('/etc/haproxy/haproxy.cfg', 'backend api\n server api-2 x:1 check\n', 0o600);
    });
    expect(await asked()).toMatchObject([{ detail: expect.stringContaining('has no server api-1') }]);
  });

  it('is a warning where no file is named: HAProxy tells no interval', async () => {
    const settings = { configFile: undefined, backend: 'api', downWithin: 30_000, upWithin: 60_000 };
    expect(await timeToDown(new SimWorld(), settings, [{ name: 'api-1', fall: 3 }])).toMatchObject([
      {
        status: 'warning',
        detail: expect.stringContaining('whether in 30s is not known, they must be less than 10.0s apart'),
        hint: expect.stringContaining('scenarios.D.configFile'),
      },
    ]);
  });
});

describe('the time until a backend that is back is UP', () => {
  const back = (own: Partial<ServerChecks>) => judgeReturn({ ...CHECKS, ...own }, 60_000);

  it('is shown as a sum', () => {
    expect(back({ downinterMs: 10_000, rise: 3 })).toMatchObject({
      name: 'time to UP',
      status: 'ok',
      detail: 'api-1: 10s until a check succeeds (downinter) + 10s for 2 more (fastinter 5s, rise 3) = 20s of 1m00s',
    });
  });

  it('cannot be met where the checks after the first take too long alone, and may be missed where all do', () => {
    expect(back({ rise: 13 })).toMatchObject({
      status: 'unattainable',
      detail: expect.stringContaining('UP within 1m00s of its start cannot be met'),
      hint: expect.stringContaining('rise of api-1'),
    });
    expect(back({ downinterMs: 120_000 }).status).toBe('warning');
  });

  it('is read from the file, beside the time to DOWN', async () => {
    const world = new SimWorld();
    const settings = { configFile: '/etc/haproxy.cfg', backend: 'api', downWithin: 30_000, upWithin: 60_000 };
    const checks = await world.run(async () => {
      await world.fs.makeFolder('/etc', 0o700);
      await world.fs.write('/etc/haproxy.cfg', 'backend api\n server api-1 x:1 check downinter 2m rise 4\n', 0o600);
      return timeToDown(world, settings, [{ name: 'api-1', fall: 3 }]);
    });
    expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual(['time to DOWN ok', 'time to UP warning']);
    const patient = await world.run(() =>
      timeToDown(world, { ...settings, upWithin: 180_000 }, [{ name: 'api-1', fall: 3 }]),
    );
    expect(patient[1]).toMatchObject({ status: 'ok', detail: expect.stringContaining('of 3m00s') });
    expect(checks[1]?.detail).toContain('2m00s until a check succeeds (downinter) + 6s for 3 more');
  });
});
