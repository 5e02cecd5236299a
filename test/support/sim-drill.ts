import type { GateSpec } from '../../src/core/gate.ts';
import type { Ledger } from '../../src/core/ledger.ts';
import type { Facts, Probe } from '../../src/core/probe.ts';
import type { Check, Drill, ScenarioPlan } from '../../src/core/scenario.ts';
import { agreement } from '../../src/verdict/gates/agreement.ts';
import { data } from '../../src/verdict/gates/data.ts';
import { healed } from '../../src/verdict/gates/healed.ts';
import { loud } from '../../src/verdict/gates/loud.ts';
import { restored } from '../../src/verdict/gates/restored.ts';
import { rto } from '../../src/verdict/gates/rto.ts';
import type { SimCluster } from './sim-cluster.ts';

const GATES: readonly GateSpec[] = [
  rto.spec('rto', 'writes are acknowledged again within 30s', {
    series: { ledger: 'writes' },
    from: 'fault',
    limitMs: 30_000,
    sustain: 5,
    mustBreak: true,
  }),
  data.spec('data', 'no acknowledged write is lost', { ledger: 'writes', maxLost: 0 }),
  agreement.spec('rejoined', 'the stopped node is a secondary again within 60s', {
    probes: ['roles'],
    key: '@victim',
    to: { oneOf: ['secondary'] },
    atLeast: 1,
    from: 'undo',
    limitMs: 60_000,
  }),
  loud.spec('loud', 'the outage is logged within 10s', {}),
  restored.spec('restored', 'every node is up again', {}),
  healed.spec('healed', 'the stack is back in its steady state', {}),
];

export interface SimDrillOptions {
  readonly id?: string;
  readonly gates?: readonly GateSpec[];
  readonly checks?: readonly Check[];
  readonly victims?: readonly string[];
  readonly plan?: Partial<ScenarioPlan>;
  /** How often probes look and the ledger writes, in ms. Default: as often as real ones. */
  readonly pace?: { readonly apiMs: number; readonly rolesMs: number; readonly writesMs: number };
}

const REAL_PACE = { apiMs: 250, rolesMs: 200, writesMs: 50 };

/** A drill of a primary's failure over a simulated cluster, with every kind of looking that a real one has. */
export function simDrill(cluster: SimCluster, options: SimDrillOptions = {}): Drill {
  const nodes = cluster.refs('sim');
  const id = options.id ?? 'A';
  const pace = options.pace ?? REAL_PACE;
  const api: Probe = {
    name: 'api',
    intervalMs: pace.apiMs,
    timeoutMs: 2_000,
    user: true,
    target: 'simulated API',
    sample: async () => (cluster.broken ? { outcome: 'http5xx', detail: '503' } : { outcome: 'ok' }),
  };
  const roles: Probe = {
    name: 'roles',
    intervalMs: pace.rolesMs,
    timeoutMs: 1_000,
    user: false,
    target: 'simulated monitor',
    sample: async () => ({
      outcome: 'ok',
      facts: Object.fromEntries(nodes.map(({ name }) => [name, cluster.role(name)])),
    }),
  };
  const writes: Ledger = {
    name: 'writes',
    target: 'simulated store',
    intervalMs: pace.writesMs,
    timeoutMs: 1_000,
    concurrency: 1,
    user: false,
    namespace: { what: `key ${id}`, byHand: `sim forget ${id}` },
    open: async () => undefined,
    write: async (id) => cluster.write(id),
    audit: async (entries) => {
      const lostIds = cluster.lostOf(entries);
      const acked = entries.filter((entry) => entry.outcome === 'acked').length;
      return [
        {
          replica: 'n1',
          acked,
          lost: lostIds.length,
          recovered: 0,
          unexpected: 0,
          duplicated: 0,
          corrupted: 0,
          stale: 0,
          lostIds,
        },
      ];
    },
    remove: async () => undefined,
  };
  const whole = () => {
    const down = cluster.down();
    return {
      ok: down.length === 0 && cluster.primary() !== undefined,
      detail: down.length === 0 ? 'all nodes serve' : `down: ${down.join(', ')}`,
    };
  };
  return {
    plan: {
      id,
      slug: 'sim-failover',
      title: 'Simulated failover',
      purpose: 'A simulated store loses its primary.',
      stack: 'sim',
      needs: [],
      nodes,
      maxDown: nodes.length - 1,
      action: 'stop',
      runbook: {
        path: 'sim.md',
        headings: {
          detect: 'Detection',
          fault: 'Symptoms',
          diagnose: 'Diagnosis',
          mitigate: 'Mitigation',
          recover: 'Recovery',
          verify: 'Verification',
        },
      },
      recoversAfter: 'fault',
      steadyMs: 3_000,
      outageMs: 10_000,
      observeDeadlineMs: 90_000,
      verifyMs: 2_000,
      healDeadlineMs: 120_000,
      undoDeadlineMs: 60_000,
      alerts: [{ name: 'NodeDown', of: 'first', withinMs: 60_000 }],
      logs: [{ name: 'lost', nodes: ['app'], pattern: 'error: lost', withinMs: 10_000 }],
      gates: options.gates ?? GATES,
      probes: [api, roles].map(({ name, target, intervalMs, timeoutMs, user }) => ({
        name,
        target,
        intervalMs,
        timeoutMs,
        user,
      })),
      ledgers: [
        { name: 'writes', target: 'simulated store', intervalMs: pace.writesMs, timeoutMs: 1_000, user: false },
      ],
      notProven: [],
      ...options.plan,
    },
    probes: [api, roles],
    ledgers: [writes],
    preflight: async () => options.checks ?? [{ name: 'nodes', status: 'ok', detail: 'all there', hint: '' }],
    steady: async () => whole(),
    strike: async () => {
      const primary = cluster.primary();
      const names = options.victims ?? (primary === undefined ? [] : [primary]);
      return names.map((name, index) => ({
        node: nodes.find((node) => node.name === name) ?? { name, platform: 'sim', labels: {} },
        afterMs: index * 2_000,
      }));
    },
    membersDown: async () => cluster.down(),
    gone: async (node) => (cluster.isUp(node.name) ? undefined : `${node.name} refuses connections`),
    recovered: async () => ({
      ok: cluster.primary() !== undefined,
      detail: `primary is ${cluster.primary() ?? 'nobody'}`,
    }),
    healed: async () => whole(),
  };
}

/** The ledgers of a simulated session, for a process that did not open them. */
export async function simLedgers(
  cluster: SimCluster,
  { scenarios }: { readonly scenarios: readonly ScenarioPlan[] },
): Promise<ReadonlyMap<string, readonly Ledger[]>> {
  return new Map(scenarios.map(({ id }) => [id, simDrill(cluster, { id }).ledgers]));
}

/** The drill with an API that tells of its components. */
export function withHealth(drill: Drill, facts: () => Facts): Drill {
  const probes = drill.probes.map((probe) =>
    probe.name === 'api' ? { ...probe, sample: async () => ({ outcome: 'ok', facts: facts() }) as const } : probe,
  );
  return { ...drill, probes };
}
