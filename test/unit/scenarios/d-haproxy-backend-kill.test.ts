import { describe, expect, it } from 'vitest';
import type { DrillContext } from '../../../src/core/scenario.ts';
import { haproxyBackendKill } from '../../../src/scenarios/d-haproxy-backend-kill.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { bindSecondStrike } from '../../../src/scenarios/second-strike.ts';
import { HttpFailure, type HttpRequest, type Net } from '../../../src/world/world.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';
import { SimWorld } from '../../support/sim-world.ts';

const signal = new AbortController().signal;
const PLAIN = {
  api: { url: 'http://lb' },
  url: 'http://lb',
  ws: 'ws://lb/ws',
  stats: { socket: '/run/haproxy.sock' },
  nodes: [1, 2].map((n) => ({ name: `api-${n}`, platform: 'lab', host: '127.0.0.1', port: 9_000 + n })),
};
const settings = haproxyBackendKill.schema.parse(PLAIN);
const healthy: Said = {
  body: '{"status":"healthy","components":{"database":{"status":"healthy"}}}',
  headers: { 'x-served-by': 'api-1', 'set-cookie': 'GAMEDAY_BACKEND=api-1; path=/' },
};
const stat = (first: string, second = 'UP,L7OK,3') =>
  `# pxname,svname,status,check_status,check_fall\napi,api-1,${first}\napi,api-2,${second}\n`;

async function bound(stats: string | undefined, answer: (request: HttpRequest) => Said = () => healthy, more = {}) {
  const net: Net = {
    async exchange() {
      if (stats === undefined) throw new HttpFailure('refused', 'no such socket');
      return stats;
    },
    async knock({ port }) {
      if (port === 9_001) throw new HttpFailure('refused', 'refused');
      if (port === 9_002) throw new HttpFailure('timeout', 'late');
    },
    freePorts: async () => [],
  };
  const world = Object.assign(new SimWorld(), { net, http: scriptedHttp(answer) });
  return haproxyBackendKill.bind(
    { ...settings, ...more },
    { world, profile: PROFILES.standard, secret: async () => '' },
  );
}

const blocked = async (stats: string | undefined, answer?: () => Said) => {
  const checks = await (await bound(stats, answer)).preflight(signal);
  return checks.filter((check) => check.status === 'blocked').map((check) => check.detail);
};

describe('scenario D', () => {
  it('is ready when both backends are UP by checks and the cookie holds', async () => {
    const checks = await (await bound(stat('UP,L7OK,3'))).preflight(signal);
    expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'backends ok',
      'time to DOWN warning',
      'sticky cookie ok',
    ]);
  });

  it('warns when HAProxy does not say how many checks must fail', async () => {
    const checks = await (await bound(stat('UP,L7OK,'))).preflight(signal);
    expect(checks.find((check) => check.name === 'time to DOWN')).toMatchObject({ status: 'warning' });
  });

  it.each([
    ['UP,INI,3', 'api-1 is UP (unchecked)'],
    ['DOWN,L4CON,3', 'api-1 is DOWN'],
    ['MAINT,,3', 'api-1 is MAINT'],
  ])('is blocked while a backend is %s', async (state, detail) => {
    expect(await blocked(stat(state))).toEqual([detail]);
  });

  it('is blocked, with the reason, by a socket, a backend, a cookie or a header that is not there', async () => {
    expect((await blocked(undefined))[0]).toContain('/run/haproxy.sock cannot be read');
    expect(await blocked('# pxname,svname,status,check_status\nweb,w1,UP,L7OK\n')).toEqual([
      'HAProxy knows no backend "api"',
    ]);
    expect(await blocked(stat('UP,L7OK,3'), () => ({ body: healthy.body }))).toEqual([
      'the balancer sets no cookie GAMEDAY_BACKEND',
    ]);
    expect(
      await blocked(stat('UP,L7OK,3'), () => ({ ...healthy, headers: { 'set-cookie': 'GAMEDAY_BACKEND=x' } })),
    ).toEqual(['answers carry no header x-served-by']);
    expect((await blocked(stat('UP,L7OK,3'), () => ({ status: 503 })))[0]).toContain('status 503');
  });

  it('is blocked when the cookie does not hold a client', async () => {
    let count = 0;
    const turns = (): Said => {
      count += 1;
      return { ...healthy, headers: { 'x-served-by': `api-${1 + (count % 2)}`, 'set-cookie': 'GAMEDAY_BACKEND=x' } };
    };
    expect((await blocked(stat('UP,L7OK,3'), turns))[0]).toContain('answered in turn');
  });

  it('counts every member as down that it cannot see', async () => {
    expect(await (await bound(undefined)).membersDown(signal)).toEqual(['api-1', 'api-2']);
    expect(await (await bound(stat('UP 1/3,L4CON,3'))).membersDown(signal)).toEqual(['api-1']);
  });

  it('takes a refused connection for gone, and a hanging one neither for that nor for serving', async () => {
    const drill = await bound(stat('UP,L7OK,3'));
    const [first, second] = drill.plan.nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes are configured');
    expect(await drill.gone(first, signal)).toContain('refused');
    await expect(drill.gone(second, signal)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('has no victim before the session is held by anyone', async () => {
    await expect((await bound(stat('UP,L7OK,3'))).strike(signal)).rejects.toThrow('nobody holds the WebSocket session');
  });

  it('says what it waits for as what is wanted, and how it is now', async () => {
    const context: DrillContext = {
      signal,
      elapsedMs: () => 0,
      gap: async () => undefined,
      note: async () => undefined,
    };
    const down = await bound(stat('DOWN,L4CON,3'));
    expect(await down.healed(context)).toEqual({ ok: false, detail: 'api-1 UP (now DOWN)' });
    expect((await down.steady(context)).detail).toBe('api-1 UP (now DOWN)');
    const up = await bound(stat('UP,L7OK,3'));
    expect(await up.healed(context)).toEqual({ ok: true, detail: 'api-1 and api-2 UP' });
    expect((await up.steady(context)).detail).toBe('an acknowledged message of the WebSocket session (none yet)');
    expect((await up.recovered(context)).detail).toBe('the victim DOWN (now not known)');
  });

  it('asks for the path of the file, at its rates, and takes the answer that it expects', async () => {
    const { rate, probes } = haproxyBackendKill.schema.parse({
      ...PLAIN,
      rate: { interval: '50ms', path: '/shop', expect: { text: 'open' } },
      probes: { sticky: { interval: '200ms' }, haproxy: { interval: '300ms', timeout: '400ms' } },
    });
    const shop = ({ url }: HttpRequest): Said => (url.endsWith('/shop') ? { ...healthy, body: 'open' } : healthy);
    const drill = await bound(stat('UP,L7OK,3'), shop, { rate, probes });
    const of = (name: string) => drill.probes.find((probe) => probe.name === name);
    expect(of('requests')).toMatchObject({ target: 'GET http://lb/shop', intervalMs: 50, timeoutMs: 2_000 });
    expect(of('sticky')).toMatchObject({ intervalMs: 200, timeoutMs: 2_000 });
    expect(of('haproxy')).toMatchObject({ intervalMs: 300, timeoutMs: 400 });
    expect(await of('requests')?.sample(signal)).toEqual({ outcome: 'ok' });
    expect(await of('sticky')?.sample(signal)).toEqual({ outcome: 'ok', facts: { backend: 'api-1' } });
    expect((await drill.preflight(signal)).find(({ name }) => name === 'sticky cookie')).toMatchObject({
      status: 'ok',
    });
    const closed = await bound(stat('UP,L7OK,3'), () => ({ ...healthy, body: 'closed' }), { rate });
    for (const name of ['requests', 'sticky'])
      expect(await closed.probes.find((probe) => probe.name === name)?.sample(signal)).toEqual({
        outcome: 'protocol',
        detail: 'status 200, yet the expected text is missing',
      });
  });

  it.each([{ json: {} }, {}])('takes a 204 for no answer where %j is expected', async (expected) => {
    const { rate } = haproxyBackendKill.schema.parse({ ...PLAIN, rate: { expect: { ...expected } } });
    const empty = await bound(stat('UP,L7OK,3'), () => ({ ...healthy, status: 204, body: '' }), { rate });
    for (const name of ['requests', 'sticky'])
      expect(await empty.probes.find((probe) => probe.name === name)?.sample(signal)).toEqual({
        outcome: 'protocol',
        detail: 'status 204, not 200',
      });
  });

  it('asks for the health of the API unless the file says otherwise', async () => {
    const { plan } = await bound(stat('UP,L7OK,3'));
    expect(plan.probes.find(({ name }) => name === 'requests')?.target).toBe('GET http://lb/api/v1/health');
  });

  it('plans gates over probes and ledgers that it has', async () => {
    const { plan } = await bound(stat('UP,L7OK,3'));
    expect(plan.probes.map((probe) => probe.name)).toEqual(['api', 'requests', 'sticky', 'haproxy']);
    expect(plan.gates.map((gate) => gate.id)).toEqual([
      'down',
      'clean-after-down',
      'error-run',
      'sticky-moved',
      'session-moved',
      'messages',
      'up-again',
      'loud',
      'restored',
      'healed',
    ]);
    expect(plan).toMatchObject({ maxDown: 1, recoversAfter: 'fault', runbook: { path: 'd-haproxy-backend-kill.md' } });
    expect(new RegExp(plan.logs[0]?.pattern ?? '').test('Server api/api-1 is DOWN, reason: Layer4')).toBe(true);
  });
});

describe('the second strike of D', () => {
  it('begins with a session at the backend that the first one spared', async () => {
    let count = 0;
    // New users are sent to the backends in turn; who has a cookie stays.
    const http = scriptedHttp(({ headers = {} }) => {
      const [, known] = /GAMEDAY_BACKEND=(\S+)/.exec(headers.cookie ?? '') ?? [];
      if (known === undefined) count += 1;
      const backend = known ?? `api-${1 + (count % 2)}`;
      return { ...healthy, headers: { 'x-served-by': backend, 'set-cookie': `GAMEDAY_BACKEND=${backend}; path=/` } };
    });
    const closed: Net = {
      exchange: async () => stat('UP,L7OK,3'),
      knock: async () => undefined,
      freePorts: async () => [],
    };
    const world = Object.assign(new SimWorld(), { net: closed, http });
    const deps = { world, profile: PROFILES.standard, secret: async () => '' };
    for (const struck of ['api-1', 'api-2']) {
      const first = { ...(await haproxyBackendKill.bind(settings, deps)), struck: () => struck };
      const second = await bindSecondStrike(haproxyBackendKill, settings, deps, first);
      // There is no WebSocket server here: what counts is the cookie that it would be asked with.
      await expect(second.ledgers[0]?.open(signal)).rejects.toThrow();
      const reading = await second.probes.find(({ name }) => name === 'sticky')?.sample(signal);
      expect(reading?.facts?.backend).toBe(struck === 'api-1' ? 'api-2' : 'api-1');
    }
  });
});
