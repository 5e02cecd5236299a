import { describe, expect, it } from 'vitest';
import type { ScenarioPlan } from '../../../src/core/scenario.ts';
import { postgresFailover } from '../../../src/scenarios/a-postgres-failover.ts';
import { redisSentinelFailover } from '../../../src/scenarios/b-redis-sentinel-failover.ts';
import { minioTwoNodeKill } from '../../../src/scenarios/c-minio-two-node-kill.ts';
import { haproxyBackendKill } from '../../../src/scenarios/d-haproxy-backend-kill.ts';
import { ownDurability, rabbitmqOutage } from '../../../src/scenarios/e-rabbitmq-outage.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import type { ScenarioDeps } from '../../../src/scenarios/scenario.ts';
import { createWorld } from '../../../src/world/node-world.ts';

const deps: ScenarioDeps<never> = {
  world: createWorld(),
  profile: PROFILES.standard,
  secret: async () => 'secret-of-the-test',
};
const api = { url: 'http://127.0.0.1:1' };
const nodes = [1, 2, 3].map((n) => ({
  name: `n-${n}`,
  platform: 'lab',
  host: '127.0.0.1',
  port: n,
  labels: { node: `n-${n}` },
}));

const bindA = (more: object = {}) =>
  postgresFailover.bind(
    postgresFailover.schema.parse({
      api,
      nodes,
      monitor: { host: '127.0.0.1', port: 9 },
      database: 'app',
      user: 'app',
      ...more,
    }),
    deps,
  );
const bindB = (more: object = {}) =>
  redisSentinelFailover.bind(
    redisSentinelFailover.schema.parse({
      api,
      masterName: 'main',
      password: { env: 'REDIS_PASSWORD' },
      nodes: nodes.map((one, index) => ({ ...one, sentinelPort: 10 + index })),
      ...more,
    }),
    deps,
  );
const bindE = (more: object = {}) =>
  rabbitmqOutage.bind(
    rabbitmqOutage.schema.parse({ api, node: nodes[0], user: 'u', password: { env: 'AMQP_PASSWORD' }, ...more }),
    deps,
  );

describe.each([
  ['A', bindA, { maxDown: 2, recoversAfter: 'fault', outageMs: 15_000 }],
  ['B', bindB, { maxDown: 1, recoversAfter: 'fault', outageMs: 15_000 }],
  ['E', bindE, { maxDown: 1, recoversAfter: 'undo', outageMs: 60_000 }],
])('the plan of %s', (_, bind, expected) => {
  it('has the parameters of the design', async () => {
    expect((await bind()).plan).toMatchObject(expected);
  });

  it('is data, without a secret, and names only probes and ledgers that it has', async () => {
    const { plan } = await bind();
    const text = JSON.stringify(plan);
    expect(text).not.toContain('secret-of-the-test');
    expect(JSON.parse(text)).toEqual(plan);
    const known = new Set([...plan.probes, ...plan.ledgers].map((one) => one.name));
    const named = [...text.matchAll(/"(?:probe|ledger)":"([^"]+)"/g)].map((match) => match[1]);
    const lists = [...text.matchAll(/"probes":\[((?:"[^"]+",?)+)\]/g)].flatMap((match) => JSON.parse(`[${match[1]}]`));
    expect(named.length).toBeGreaterThan(0);
    for (const name of [...named, ...lists]) expect(known).toContain(name);
    expect(new Set(plan.gates.map((gate) => gate.id)).size).toBe(plan.gates.length);
  });

  it('is blocked, and does not throw, when nothing answers', async () => {
    const drill = await bind();
    const { signal } = new AbortController();
    const checks = await drill.preflight(signal);
    const blocked = checks.filter((check) => check.status === 'blocked');
    expect(blocked.length).toBeGreaterThan(0);
    for (const check of blocked) expect(check.hint).not.toBe('');
    expect(await drill.membersDown(signal)).toEqual(drill.plan.nodes.map((node) => node.name));
    for (const probe of drill.probes) await probe.close?.();
  });

  it('takes a refused connection for evidence', async () => {
    const drill = await bind();
    const [node] = drill.plan.nodes;
    if (node === undefined) throw new Error('no node');
    expect(await drill.gone(node, new AbortController().signal)).toContain('refused');
  });
});

describe('the rate of a probe', () => {
  const all = { interval: '125ms', timeout: '700ms' };
  it.each([
    ['monitor', bindA, { monitor: all }],
    ['sentinel:n-2', bindB, { sentinel: all }],
    ['redis:n-2', bindB, { redis: all }],
    ['broker', bindE, { broker: all }],
  ])('of %s is the one of the file', async (name, bind, probes) => {
    const { plan, probes: bound } = await bind({ probes });
    for (const one of [plan.probes, bound])
      expect(one.find((probe) => probe.name === name)).toMatchObject({ intervalMs: 125, timeoutMs: 700 });
    for (const probe of bound) await probe.close?.();
  });

  it('is refused where it would be a load test, or where no such probe is', () => {
    const node = { ...nodes[0] };
    const issues = (more: object) =>
      rabbitmqOutage.schema
        .safeParse({ api, node, user: 'u', password: { env: 'P' }, ...more })
        .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    expect(issues({})).toBeUndefined();
    // A loop without an interval would never let go of the processor.
    expect(issues({ api: { ...api, interval: '0s' } })).toEqual([
      'api.interval: at least 5ms: a drill is no load test',
    ]);
    expect(issues({ probes: { broker: { timeout: '0s' } } })).toEqual(['probes.broker.timeout: longer than nothing']);
    expect(issues({ probes: { brokre: {} } })?.[0]).toContain('brokre');
  });
});

describe('the plan of B', () => {
  it('counts lost writes without a limit, unless one is set', async () => {
    const limit = async (more: object) =>
      (await bindB(more)).plan.gates.find((gate) => gate.id === 'data')?.params.maxLost;
    expect(await limit({})).toBeNull();
    expect(await limit({ maxLost: 5 })).toBe(5);
  });
});

describe('the plan of E', () => {
  it('gives log lines the time that the outage has to become loud', async () => {
    const logs = [{ name: 'api', nodes: ['api-1'], pattern: 'unavailable' }];
    expect((await bindE({ logs, loudWithin: '7s' })).plan.logs).toMatchObject([{ withinMs: 7_000 }]);
  });
});

describe('limits of a drill', () => {
  const limits = (plan: ScenarioPlan) =>
    Object.fromEntries(plan.gates.map(({ id, title, params }) => [id, { title, limitMs: params.limitMs }]));
  const http = ['http://h:1', 'http://h:2', 'http://h:3', 'http://h:4'];
  const bindC = (more: object) =>
    minioTwoNodeKill.bind(
      minioTwoNodeKill.schema.parse({
        api,
        nodes: http.map((url, n) => ({ name: `minio-${n}`, platform: 'lab', url })),
        accessKey: { env: 'A' },
        secretKey: { env: 'S' },
        ...more,
      }),
      deps,
    );
  const bindD = (more: object) =>
    haproxyBackendKill.bind(
      haproxyBackendKill.schema.parse({ api, nodes, stats: { socket: '/s' }, url: api.url, ws: 'ws://h/ws', ...more }),
      deps,
    );

  it('are today’s where the file says nothing', async () => {
    expect(limits((await bindC({})).plan)).toMatchObject({
      'writes-back': { limitMs: 60_000, title: expect.stringContaining('within 60s of the restart') },
      'write-each': { limitMs: 60_000, title: expect.stringContaining('within 60s of the restart') },
    });
    expect(limits((await bindD({})).plan)).toMatchObject({
      'error-run': { limitMs: 30_000 },
      'up-again': { limitMs: 60_000, title: expect.stringContaining('within 60s of its start') },
    });
    expect(limits((await bindE()).plan)).toMatchObject({
      'error-run': { limitMs: 30_000, title: expect.stringContaining('30s or more') },
    });
  });

  it('are the file’s, in gates and titles', async () => {
    expect(limits((await bindC({ writesBackWithin: '7s', writeEachWithin: '1500ms' })).plan)).toMatchObject({
      'writes-back': { limitMs: 7_000, title: expect.stringContaining('within 7s of the restart') },
      'write-each': { limitMs: 1_500, title: expect.stringContaining('within 1.5s of the restart') },
    });
    expect(limits((await bindD({ upWithin: '9s' })).plan)).toMatchObject({
      'up-again': { limitMs: 9_000, title: expect.stringContaining('within 9s of its start') },
    });
    expect(limits((await bindE({ maxErrorRun: '4s' })).plan)).toMatchObject({
      'error-run': { limitMs: 4_000, title: expect.stringContaining('4s or more') },
    });
  });
});

describe('what E says of its own messages before it breaks anything', () => {
  it('is that persistent ones are kept, and that transient ones cannot be', () => {
    expect(ownDurability(true)).toMatchObject({ status: 'ok', detail: expect.stringContaining('= kept') });
    expect(ownDurability(false)).toMatchObject({
      status: 'unattainable',
      detail: expect.stringContaining('transient messages + confirms = lost with the broker'),
      hint: expect.stringContaining('scenarios.E.persistent'),
    });
  });
});
