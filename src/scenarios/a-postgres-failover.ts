import { z } from 'zod';
import type { Drill } from '../core/scenario.ts';
import { postgresLedger } from '../ledgers/postgres.ts';
import { type MonitorNode, monitorProbe, pgMonitor, stateOf } from '../probes/pg-monitor.ts';
import { agreement } from '../verdict/gates/agreement.ts';
import { data } from '../verdict/gates/data.ts';
import { rto } from '../verdict/gates/rto.ts';
import { preflightPostgres } from './a-postgres-preflight.ts';
import { apiProbe, buildPlan, nodeRef, planTimes } from './common.ts';
import { at, closedPort, isDown, watchWrites } from './evidence.ts';
import { type Redundancy, refuseMoreDown } from './max-down.ts';
import { newNamespace, type ScenarioDeps, type ScenarioFactory } from './scenario.ts';
import { apiSettings, commonSettings, duration, node, port, rate, secretRef, timesOf } from './settings.ts';

const fields = z.strictObject({
  ...commonSettings,
  api: apiSettings,
  nodes: z.array(node.extend({ host: z.string().min(1), port })).min(2),
  monitor: z.strictObject({
    host: z.string().min(1),
    port,
    database: z.string().min(1).default('pg_auto_failover'),
    user: z.string().min(1).default('autoctl_node'),
    password: secretRef.optional(),
  }),
  database: z.string().min(1),
  user: z.string().min(1),
  password: secretRef.optional(),
  rto: duration.default(60_000),
  maxLost: z.int().min(0).default(0),
  ledger: rate({ intervalMs: 50, timeoutMs: 1_000 }),
  probes: z.strictObject({ monitor: rate({ intervalMs: 200, timeoutMs: 2_000 }) }).prefault({}),
});

export type PostgresSettings = z.output<typeof fields>;

const schema = fields.superRefine((settings, context) => refuseMoreDown(settings, redundancyOf(settings), context));

/** One data node must stay; the monitor is no member. */
function redundancyOf({ nodes }: Pick<PostgresSettings, 'nodes'>): Redundancy {
  return { most: nodes.length - 1, because: `1 of ${nodes.length} data nodes must stay` };
}

/** States of a node that takes writes, as the monitor's facts name them. */
const WRITABLE = ['wait_primary', 'primary', 'wait_primary->primary'];
/** States of a member that is in its place, whoever else is missing. */
const SERVING = ['primary', 'wait_primary', 'secondary'];
/** So many acknowledged writes in a row open a recovery that counts. */
const SUSTAIN = 5;
const CONNECT_TIMEOUT_MS = 2_000;

export const postgresFailover: ScenarioFactory<typeof schema> = {
  id: 'A',
  slug: 'postgres-failover',
  stack: 'postgres',
  stops: 1,
  title: 'Postgres failover',
  purpose:
    'When the primary is lost, pg_auto_failover promotes the standby in time, no acknowledged write is lost, and the old primary rejoins as secondary.',
  schema,
  bind,
};

async function bind(settings: PostgresSettings, deps: ScenarioDeps): Promise<Drill> {
  const { world } = deps;
  const password = settings.password && (await deps.secret(settings.password));
  const monitorPassword = settings.monitor.password && (await deps.secret(settings.monitor.password));
  const monitorOptions = {
    ...settings.monitor,
    password: monitorPassword,
    nodes: settings.nodes,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
  // The probe holds a connection of its own: a question of the drill must not wait behind a look that hangs.
  const monitor = pgMonitor(monitorOptions);
  const members = settings.nodes.map((one) => one.name);
  const watched = monitorProbe(pgMonitor(monitorOptions), members, {
    target: `pgautofailover.node at ${at(settings.monitor)}`,
    ...timesOf(settings.probes.monitor),
  });
  const writes = watchWrites(
    postgresLedger(world, {
      name: 'writes',
      namespace: deps.namespace ?? newNamespace(world),
      hosts: settings.nodes,
      database: settings.database,
      user: settings.user,
      password,
      intervalMs: settings.ledger.interval,
      timeoutMs: settings.ledger.timeout,
    }),
  );
  const probes = [
    apiProbe(world, settings.api),
    { ...watched, close: () => Promise.all([monitor.close(), watched.close?.()]).then(() => undefined) },
  ];
  const { healDeadlineMs } = planTimes(settings, deps, { limitsMs: [] });
  const plan = buildPlan(postgresFailover, settings, deps, {
    component: settings.api.component ?? 'database',
    needs: [],
    nodes: settings.nodes.map(nodeRef),
    maxDown: redundancyOf(settings).most,
    recoversAfter: 'fault',
    probes,
    ledgers: [writes.ledger],
    alerts: [{ name: 'PostgresNodeDown', of: 'first' }],
    logs: [],
    gates: gatesOf(settings, healDeadlineMs),
    limitsMs: [settings.rto],
    notProven: [
      'a primary that freezes or is cut off instead of stopping',
      'the loss of the monitor, or of both nodes at once',
      'a failover under more load than the drill’s own writes',
    ],
  });

  let victim: string | undefined;
  const steady = async (signal: AbortSignal) => steadyOf(await monitor.nodes(signal), settings.nodes);
  return {
    plan,
    probes,
    ledgers: [writes.ledger],
    preflight: (signal) =>
      preflightPostgres({ settings, password, monitor, connectTimeoutMs: CONNECT_TIMEOUT_MS }, signal),
    steady: ({ signal }) => steady(signal),
    async strike(signal) {
      const primaries = (await monitor.nodes(signal)).filter((one) => stateOf(one) === 'primary');
      const [primary] = primaries;
      const chosen = settings.nodes.find((one) => one.name === primary?.name);
      if (primaries.length !== 1 || chosen === undefined) {
        throw new Error(
          `the monitor at ${at(settings.monitor)} names ${primaries.length} primaries among the configured nodes`,
        );
      }
      victim = chosen.name;
      return [{ node: nodeRef(chosen), afterMs: 0 }];
    },
    async membersDown(signal) {
      const seen = await monitor.nodes(signal).catch(() => []);
      const states = await Promise.all(
        settings.nodes.map(async (one) => {
          const known = seen.find((row) => row.name === one.name);
          const serves = known?.health === 'good' && SERVING.includes(stateOf(known));
          return { name: one.name, down: !serves || (await isDown(world, one, signal)) };
        }),
      );
      return states.filter((one) => one.down).map((one) => one.name);
    },
    async gone(ref, signal) {
      const struck = settings.nodes.find((one) => one.name === ref.name);
      return struck && closedPort(world, struck, signal);
    },
    async recovered({ signal }) {
      const nodes = await monitor.nodes(signal);
      const taken = nodes.find((one) => one.name !== victim && WRITABLE.includes(stateOf(one)));
      if (taken === undefined) return { ok: false, detail: `a new primary (${statesOf(nodes)})` };
      if (!writes.acked(SUSTAIN))
        return { ok: false, detail: `acknowledged writes (${taken.name} is ${stateOf(taken)})` };
      return { ok: true, detail: `${taken.name} is ${stateOf(taken)} and writes are acknowledged` };
    },
    healed: ({ signal }) => steady(signal),
  };
}

function gatesOf(settings: PostgresSettings, healDeadlineMs: number) {
  const seconds = `${settings.rto / 1_000}s`;
  return [
    rto.spec(
      'rto',
      `writes are acknowledged again within ${seconds} of the stop, by a node that the monitor calls primary`,
      {
        series: { ledger: 'writes' },
        from: 'fault',
        limitMs: settings.rto,
        sustain: SUSTAIN,
        mustBreak: true,
        and: { probes: ['monitor'], key: '@others', to: { oneOf: WRITABLE }, atLeast: 1 },
      },
    ),
    data.spec('data', `at most ${settings.maxLost} acknowledged writes are lost`, {
      ledger: 'writes',
      maxLost: settings.maxLost,
    }),
    agreement.spec('rejoin', 'the stopped node rejoins as secondary', {
      probes: ['monitor'],
      key: '@victim',
      to: { oneOf: ['secondary'] },
      atLeast: 1,
      from: 'undo',
      limitMs: healDeadlineMs,
    }),
    ...settings.nodes.map(({ name }) =>
      agreement.spec(`healthy-${name}`, `${name} is healthy on the monitor again`, {
        probes: ['monitor'],
        key: `${name}:health`,
        to: { oneOf: ['good'] },
        atLeast: 1,
        from: 'undo',
        limitMs: healDeadlineMs,
      }),
    ),
  ];
}

/** One primary, every other node secondary, all healthy, and none under way to another state. */
export function steadyOf(nodes: readonly MonitorNode[], configured: readonly { readonly name: string }[]) {
  const detail = statesOf(nodes);
  const mine = configured.map(({ name }) => nodes.find((one) => one.name === name));
  const primaries = mine.filter((one) => one !== undefined && stateOf(one) === 'primary').length;
  const secondaries = mine.filter((one) => one !== undefined && stateOf(one) === 'secondary').length;
  const healthy = mine.every((one) => one?.health === 'good');
  return { ok: healthy && primaries === 1 && primaries + secondaries === configured.length, detail };
}

function statesOf(nodes: readonly MonitorNode[]): string {
  if (nodes.length === 0) return 'the monitor knows no node';
  return nodes.map((one) => `${one.name} ${stateOf(one)}, health ${one.health}`).join('; ');
}
