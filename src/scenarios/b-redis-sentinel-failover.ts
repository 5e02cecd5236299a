import { z } from 'zod';
import type { Drill } from '../core/scenario.ts';
import { redisLedger } from '../ledgers/redis.ts';
import { askRole, redisProbe } from '../probes/redis.ts';
import { redisCall } from '../probes/redis-call.ts';
import { agreedMaster, nodeAt, sentinelProbe } from '../probes/sentinel.ts';
import { agreement } from '../verdict/gates/agreement.ts';
import { data } from '../verdict/gates/data.ts';
import { rto } from '../verdict/gates/rto.ts';
import { preflightRedis } from './b-redis-preflight.ts';
import { lookAtRedis, type RedisStack } from './b-redis-stack.ts';
import { apiProbe, buildPlan, nodeRef, planTimes } from './common.ts';
import { closedPort, watchWrites } from './evidence.ts';
import { type Redundancy, refuseMoreDown } from './max-down.ts';
import { newNamespace, type ScenarioDeps, type ScenarioFactory } from './scenario.ts';
import { apiSettings, commonSettings, duration, node, port, rate, secretRef, timesOf } from './settings.ts';

const fields = z.strictObject({
  ...commonSettings,
  api: apiSettings,
  nodes: z.array(node.extend({ host: z.string().min(1), port, sentinelPort: port })).min(3),
  masterName: z.string().min(1),
  password: secretRef.optional(),
  rto: duration.default(30_000),
  /** Replication is asynchronous: without a limit, lost writes are counted and reported. */
  maxLost: z.int().min(0).nullable().default(null),
  ledger: rate({ intervalMs: 50, timeoutMs: 1_000 }),
  probes: z
    .strictObject({
      sentinel: rate({ intervalMs: 250, timeoutMs: 2_000 }),
      redis: rate({ intervalMs: 250, timeoutMs: 2_000 }),
    })
    .prefault({}),
});

export type RedisSettings = z.output<typeof fields>;

const schema = fields.superRefine((settings, context) => refuseMoreDown(settings, redundancyOf(settings), context));

/** A majority of the hosts must stay, or no failover can be agreed on. */
function redundancyOf({ nodes }: Pick<RedisSettings, 'nodes'>): Redundancy {
  const majority = majorityOf(nodes);
  return { most: nodes.length - majority, because: `${majority} of ${nodes.length} sentinels must stay` };
}

function majorityOf(nodes: readonly unknown[]): number {
  return Math.floor(nodes.length / 2) + 1;
}

/** So many acknowledged writes in a row open a recovery that counts. */
const SUSTAIN = 5;
const ASK_TIMEOUT_MS = 2_000;

export const redisSentinelFailover: ScenarioFactory<typeof schema> = {
  id: 'B',
  slug: 'redis-sentinel-failover',
  stack: 'redis',
  stops: 1,
  title: 'Redis Sentinel failover',
  purpose:
    'When the master’s host is lost, a majority of the sentinels agrees on a new master in time, writes go on, and the old master comes back as a replica.',
  schema,
  bind,
};

async function bind(settings: RedisSettings, deps: ScenarioDeps): Promise<Drill> {
  const { world } = deps;
  const { masterName, nodes } = settings;
  const password = settings.password && (await deps.secret(settings.password));
  const stack: RedisStack = {
    servers: nodes.map((one) => ({ node: one.name, host: one.host, port: one.port, password })),
    sentinels: nodes.map((one) => ({
      node: one.name,
      host: one.host,
      port: one.sentinelPort,
      password,
      masterName,
      nodes,
    })),
  };
  const majority = majorityOf(nodes);
  const writes = watchWrites(
    redisLedger(world, {
      name: 'writes',
      namespace: deps.namespace ?? newNamespace(world),
      nodes,
      async agreedMaster(signal) {
        const address = await agreedMaster(world, stack.sentinels, settings.ledger.timeout, signal);
        const known = nodes.find((one) => one.name === nodeAt(address, nodes));
        if (known === undefined)
          throw new Error(`the sentinels name a master that is not configured: ${nodeAt(address, nodes)}`);
        return known;
      },
      call: ({ host, port: at }, commands, timeoutMs, signal) =>
        redisCall(world.net, { host, port: at, password }, commands, timeoutMs, signal),
      intervalMs: settings.ledger.interval,
      timeoutMs: settings.ledger.timeout,
    }),
  );
  const probes = [
    apiProbe(world, settings.api),
    ...stack.sentinels.map((one) => sentinelProbe(world, one, timesOf(settings.probes.sentinel))),
    ...stack.servers.map((one) => redisProbe(world, one, timesOf(settings.probes.redis))),
  ];
  const { healDeadlineMs } = planTimes(settings, deps, { limitsMs: [] });
  const plan = buildPlan(redisSentinelFailover, settings, deps, {
    component: settings.api.component ?? 'cache',
    needs: [],
    nodes: nodes.map(nodeRef),
    maxDown: redundancyOf(settings).most,
    recoversAfter: 'fault',
    probes,
    ledgers: [writes.ledger],
    alerts: [{ name: 'RedisNodeDown', of: 'first' }],
    logs: [],
    gates: gatesOf(settings, majority, healDeadlineMs),
    limitsMs: [settings.rto],
    notProven: [
      'a master that freezes or is cut off while clients still write to it',
      'the loss of a majority of the sentinels',
      'how many writes a failover loses at a higher rate than the drill’s own',
    ],
  });

  let victim: string | undefined;
  return {
    plan,
    probes,
    ledgers: [writes.ledger],
    preflight: (signal) => preflightRedis(world, stack, settings, signal),
    async steady({ signal }) {
      const { problems, master } = await lookAtRedis(world, stack, signal);
      return problems.length === 0
        ? { ok: true, detail: `${master} is master, all agree` }
        : { ok: false, detail: problems.join('; ') };
    },
    async strike(signal) {
      const address = await agreedMaster(world, stack.sentinels, ASK_TIMEOUT_MS, signal);
      const chosen = nodes.find((one) => one.name === nodeAt(address, nodes));
      if (chosen === undefined)
        throw new Error(`the sentinels name a master that is not configured: ${nodeAt(address, nodes)}`);
      victim = chosen.name;
      return [{ node: nodeRef(chosen), afterMs: 0 }];
    },
    async membersDown(signal) {
      return (await lookAtRedis(world, stack, signal)).down;
    },
    async gone(ref, signal) {
      const struck = nodes.find((one) => one.name === ref.name);
      if (struck === undefined) return undefined;
      const [server, sentinel] = await Promise.all([
        closedPort(world, struck, signal),
        closedPort(world, { host: struck.host, port: struck.sentinelPort }, signal),
      ]);
      return server !== undefined && sentinel !== undefined ? `redis: ${server}; sentinel: ${sentinel}` : undefined;
    },
    async recovered({ signal }) {
      const address = await agreedMaster(world, stack.sentinels, ASK_TIMEOUT_MS, signal);
      const name = nodeAt(address, nodes);
      if (name === victim) return { ok: false, detail: `a new master (the sentinels still name ${name})` };
      if (!writes.acked(SUSTAIN)) return { ok: false, detail: `acknowledged writes (${name} is the new master)` };
      return { ok: true, detail: `a majority names ${name} and writes are acknowledged` };
    },
    async healed({ signal }) {
      const { problems, master } = await lookAtRedis(world, stack, signal);
      if (problems.length > 0) return { ok: false, detail: problems.join('; ') };
      const old = stack.servers.find((one) => one.node === victim);
      const role = old && (await askRole(world, old, ASK_TIMEOUT_MS, signal));
      const detail = `${master} is master, ${victim ?? 'no node'} is ${role?.role ?? 'not known'}, CKQUORUM is OK at every sentinel`;
      return { ok: role === undefined || role.role === 'slave', detail };
    },
  };
}

function gatesOf(settings: RedisSettings, majority: number, healDeadlineMs: number) {
  const sentinels = settings.nodes.map((one) => `sentinel:${one.name}`);
  const lost =
    settings.maxLost === null
      ? 'lost acknowledged writes are counted'
      : `at most ${settings.maxLost} acknowledged writes are lost`;
  return [
    rto.spec(
      'rto',
      `a majority of the sentinels agrees on a new master and writes are acknowledged within ${settings.rto / 1_000}s of the stop`,
      {
        series: { ledger: 'writes' },
        from: 'fault',
        limitMs: settings.rto,
        sustain: SUSTAIN,
        mustBreak: true,
        and: { probes: sentinels, key: 'master', to: 'changed', atLeast: majority },
      },
    ),
    data.spec('data', lost, { ledger: 'writes', maxLost: settings.maxLost }),
    agreement.spec('rejoin', 'the old master rejoins as a replica', {
      probes: settings.nodes.map((one) => `redis:${one.name}`),
      key: '@victim',
      to: { oneOf: ['slave'] },
      atLeast: 1,
      from: 'undo',
      limitMs: healDeadlineMs,
    }),
  ];
}
