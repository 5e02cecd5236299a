import { describe, expect, it } from 'vitest';
import type { ServerChecks } from '../../../src/probes/haproxy-config.ts';
import { judgeChecks, timeToDown } from '../../../src/scenarios/d-haproxy-checks.ts';
import { SimWorld } from '../../support/sim-world.ts';

const CHECKS: ServerChecks = {
  name: 'api-1',
  checked: true,
  interMs: 5_000,
  fastinterMs: 5_000,
  downinterMs: 5_000,
  fall: 3,
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
    const settings = { configFile: '/etc/haproxy/haproxy.cfg', backend: 'api', downWithin: 30_000 };
    const seen = [{ name: 'api-1', fall: 3 }];
    const asked = () => world.run(() => timeToDown(world, settings, seen));
    expect(await asked()).toMatchObject([{ status: 'warning', detail: expect.stringContaining('no such file') }]);
    await world.run(async () => {
      await world.fs.makeFolder('/etc/haproxy', 0o700);
      await world.fs.write('/etc/haproxy/haproxy.cfg', 'backend api\n server api-2 x:1 check\n', 0o600);
    });
    expect(await asked()).toMatchObject([{ detail: expect.stringContaining('has no server api-1') }]);
  });
});
