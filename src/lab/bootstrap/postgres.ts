import { join } from 'node:path';
import type { LabNode } from '../../core/lab-state.ts';
import type { Condition } from '../../core/scenario.ts';
import { launch } from '../../platforms/lab/launch.ts';
import { LOOPBACK, NAMES, type Owner } from '../blueprint.ts';
import { type Lab, nodeNamed, portOf, until } from '../lab.ts';
import { type PostgresPlace, placeOfPostgres } from '../nodes/postgres.ts';
import { runForPostgres, sql } from '../psql.ts';
import { readSecret } from '../state.ts';

const CREATE_MS = 30_000;
const STATE_MS = 60_000;

/** Sizes for a lab: pg_auto_failover would take a quarter of the machine's memory and 8 GB of log. */
const SMALL = [
  'shared_buffers = 16MB',
  'effective_cache_size = 128MB',
  'maintenance_work_mem = 16MB',
  'max_connections = 60',
  'min_wal_size = 32MB',
  'max_wal_size = 256MB',
  'wal_keep_size = 64MB',
  'logging_collector = off',
  // Segments in the data folder: those in /dev/shm would outlive a server that is killed, a megabyte each time.
  'dynamic_shared_memory_type = mmap',
];

/** The second node's base backup waits for a checkpoint, which is otherwise spread over a minute. */
const FAST_CHECKPOINT = 'checkpoint_completion_target = 0';

/** What a good operator sets: a dead primary is given up after 3 s and its standby promoted 2 s later, instead of 20 and 30. */
const TUNED_MONITOR = [
  'pgautofailover.node_considered_unhealthy_timeout = 3000',
  'pgautofailover.primary_demote_timeout = 2000',
  'pgautofailover.health_check_period = 1000',
  'pgautofailover.health_check_timeout = 1000',
  'pgautofailover.health_check_max_retries = 1',
  'pgautofailover.health_check_retry_delay = 500',
  'pgautofailover.startup_grace_period = 2000',
];

/** The socket's folder is closed to others; over TCP only pg_auto_failover's own roles come in without a password. */
const MONITOR_ACCESS = [
  'local all all trust',
  `host ${NAMES.monitorDatabase} ${NAMES.monitorUser} ${LOOPBACK}/32 trust`,
];
const DATA_ACCESS = [
  'local all all trust',
  'local replication all trust',
  `host all ${NAMES.databaseUser} ${LOOPBACK}/32 scram-sha-256`,
  `host all pgautofailover_monitor,pgautofailover_replicator ${LOOPBACK}/32 trust`,
  `host replication pgautofailover_replicator ${LOOPBACK}/32 trust`,
];

/** First start of the formation: monitor, first node until it is `single`, then the second until both are in sync. */
export async function bootPostgres(lab: Lab, owner: Owner | undefined): Promise<string> {
  const [monitor, first, second] = [nodeNamed(lab, 'pg-monitor'), nodeNamed(lab, 'pg-1'), nodeNamed(lab, 'pg-2')];
  await Promise.all([
    makeMonitor(lab, monitor, owner),
    makeCluster(lab, first, owner, [...SMALL, FAST_CHECKPOINT], DATA_ACCESS),
  ]);
  await launch(lab.world, lab.state, monitor, monitor.processes);
  await until(lab, CREATE_MS, (at) => answers(at, monitor));
  await launch(lab.world, lab.state, first, first.processes);
  await until(lab, STATE_MS, async (at) => {
    const [state] = await nodeStates(at);
    return { ok: state?.reported === 'single', detail: `pg-1 is ${state?.reported ?? 'not registered'}` };
  });
  const password = await readSecret(lab.world, lab.state, 'postgres');
  await Promise.all([
    // The password goes in by standard input. pg_monitor is for the exporter.
    sql(
      lab,
      first,
      NAMES.database,
      `ALTER ROLE ${NAMES.databaseUser} PASSWORD '${password}'; GRANT pg_monitor TO ${NAMES.databaseUser};`,
    ),
    launch(lab.world, lab.state, second, second.processes),
  ]);
  return until(lab, STATE_MS, postgresHealth);
}

/** One primary and one secondary, both assigned to be just that, both healthy. */
export async function postgresHealth(lab: Lab): Promise<Condition> {
  const states = await nodeStates(lab);
  const detail = states.map((one) => `${one.name} ${one.reported}/${one.goal}${one.health === 1 ? '' : ' unhealthy'}`);
  const settled = (role: string): boolean =>
    states.some((one) => one.reported === role && one.goal === role && one.health === 1);
  return {
    ok: states.length === 2 && settled('primary') && settled('secondary'),
    detail: detail.join(', ') || 'no node registered',
  };
}

interface NodeState {
  readonly name: string;
  readonly reported: string;
  readonly goal: string;
  readonly health: number;
}

async function nodeStates(lab: Lab): Promise<readonly NodeState[]> {
  const query = 'SELECT nodename, reportedstate, goalstate, health FROM pgautofailover.node ORDER BY nodeid;';
  const rows = await sql(lab, nodeNamed(lab, 'pg-monitor'), NAMES.monitorDatabase, query);
  return rows.map((row) => {
    const [name = '', reported = '', goal = '', health = ''] = row.split('|');
    return { name, reported, goal, health: Number(health) };
  });
}

async function answers(lab: Lab, node: LabNode): Promise<Condition> {
  const [one] = await sql(lab, node, NAMES.monitorDatabase, 'SELECT 1;');
  return { ok: one === '1', detail: `${node.name} answers` };
}

/** `--listen` is taken for a monitor too, though its help does not name it; without it the monitor listens everywhere. */
async function makeMonitor(lab: Lab, node: LabNode, owner: Owner | undefined): Promise<void> {
  const settings = lab.state.defaults ? SMALL : [...SMALL, ...TUNED_MONITOR];
  await makeCluster(lab, node, owner, settings, MONITOR_ACCESS);
  const place = placeOf(lab, node);
  const autoctl = node.processes[0]?.file ?? '';
  const port = String(portOf(node, 'sql'));
  const where = ['--pgdata', place.data, '--pgport', port, '--hostname', LOOPBACK, '--listen', LOOPBACK];
  const args = ['create', 'monitor', ...where, '--auth', 'trust', '--no-ssl'];
  await runForPostgres(lab, node, autoctl, args, { limitMs: CREATE_MS });
}

/** An empty cluster with our settings, made beforehand so that they hold from the first start on. */
async function makeCluster(
  lab: Lab,
  node: LabNode,
  owner: Owner | undefined,
  settings: readonly string[],
  access: readonly string[],
): Promise<void> {
  const { data } = placeOf(lab, node);
  const args = ['-D', data, '--no-sync', '-A', 'trust', '-E', 'UTF8'];
  await runForPostgres(lab, node, 'initdb', args, { limitMs: CREATE_MS });
  await Promise.all([
    edit(lab, owner, join(data, 'postgresql.conf'), (text) => `${text}\n# gameday lab\n${settings.join('\n')}\n`),
    edit(lab, owner, join(data, 'pg_hba.conf'), () => `# gameday lab\n${access.join('\n')}\n`),
  ]);
}

function placeOf(lab: Lab, node: LabNode): PostgresPlace {
  return placeOfPostgres(node.folder, lab.state.runFolder, node.name);
}

async function edit(lab: Lab, owner: Owner | undefined, path: string, change: (text: string) => string): Promise<void> {
  const { fs } = lab.world;
  const text = await fs.readText(path);
  if (text === undefined) throw new Error(`${path} was not made`);
  await fs.write(path, change(text), 0o600);
  if (owner !== undefined) await fs.chown(path, owner.uid, owner.gid);
}
