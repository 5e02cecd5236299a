import type { LabNode } from '../../core/lab-state.ts';
import { NAMES } from '../../lab/blueprint.ts';
import { type Lab, nodeNamed, nodesOf, until } from '../../lab/lab.ts';
import { sql } from '../../lab/psql.ts';
import { belongingOfNode, scan } from '../../platforms/lab/members.ts';
import { has } from './nodes.ts';

const MONITOR = 'pg-monitor';
const KEEPER = 'pg_autoctl';
const DEMOTE_TIMEOUT = 'pgautofailover.primary_demote_timeout';
const RELOADED_MS = 10_000;
const SETTLED_MS = 30_000;
const IN_PLACE =
  "SELECT count(*) FROM pgautofailover.node WHERE reportedstate = goalstate AND goalstate::text IN ('primary', 'secondary')";

/** SQL on the node that takes writes, as its superuser. */
export async function onPrimary(lab: Lab, database: string, text: string): Promise<readonly string[]> {
  for (const node of dataNodes(lab)) {
    const [recovering] = await sql(lab, node, 'postgres', 'SELECT pg_is_in_recovery()').catch(() => []);
    if (recovering === 'f') return sql(lab, node, database, text);
  }
  throw new Error('no Postgres node takes writes');
}

/** How long the monitor gives a lost primary to step down; in force when this resolves. */
export async function setDemoteTimeout(lab: Lab, ms: number): Promise<void> {
  await onMonitor(lab, `ALTER SYSTEM SET ${DEMOTE_TIMEOUT} = ${ms}`);
  await reloaded(lab, (value) => value === ms);
}

export async function restoreDemoteTimeout(lab: Lab): Promise<void> {
  if (!has(lab, MONITOR)) return;
  const file = `SELECT count(*) FROM pg_file_settings WHERE name = '${DEMOTE_TIMEOUT}' AND sourcefile LIKE '%auto.conf'`;
  if ((await onMonitor(lab, file))[0] === '0') return;
  const before = await demoteTimeout(lab);
  await onMonitor(lab, `ALTER SYSTEM RESET ${DEMOTE_TIMEOUT}`);
  await reloaded(lab, (value) => value !== before);
}

/** Does the primary wait for its standby before it acknowledges? */
export async function setQuorum(lab: Lab, synchronous: boolean): Promise<void> {
  for (const { name } of dataNodes(lab))
    await onMonitor(lab, `SELECT pgautofailover.set_node_replication_quorum('default', '${name}', ${synchronous})`);
  await until(lab, SETTLED_MS, async (at) => {
    const [settled] = await onMonitor(at, IN_PLACE);
    if (settled !== String(dataNodes(at).length)) return { ok: false, detail: `${settled} nodes are in their places` };
    const [names = ''] = await onPrimary(
      at,
      'postgres',
      "SELECT '(' || current_setting('synchronous_standby_names') || ')'",
    );
    return { ok: (names === '()') !== synchronous, detail: `synchronous_standby_names is ${names}` };
  });
}

export async function restoreQuorum(lab: Lab): Promise<void> {
  if (!has(lab, MONITOR)) return;
  const [asynchronous] = await onMonitor(lab, 'SELECT count(*) FROM pgautofailover.node WHERE NOT replicationquorum');
  if (asynchronous === '0') return;
  for (const { name } of dataNodes(lab))
    await onMonitor(lab, `SELECT pgautofailover.set_node_replication_quorum('default', '${name}', true)`);
}

/** The standby no longer takes what the primary sends; its receiver's pid. */
export async function pauseReceiver(lab: Lab, standby: string): Promise<number> {
  const [pid] = await sql(lab, nodeNamed(lab, standby), 'postgres', 'SELECT pid FROM pg_stat_wal_receiver');
  if (pid === undefined) throw new Error(`${standby} has no WAL receiver`);
  lab.world.processes.kill(Number(pid), 'SIGSTOP');
  return Number(pid);
}

/** It ends without having read what is still on its connection. */
export function endReceiver({ world }: Lab, pid: number): void {
  world.processes.kill(pid, 'SIGTERM');
  world.processes.kill(pid, 'SIGCONT');
}

/**
 * Stops the keeper of a node that is just coming back, as soon as its server answers: the node is up, and no monitor hears
 * so. Its leader goes on, else the node would count as paused.
 */
export async function pauseKeeper(lab: Lab, name: string): Promise<void> {
  const node = nodeNamed(lab, name);
  await until(lab, SETTLED_MS, async (inner) => {
    const [answer] = await sql(inner, node, 'postgres', 'SELECT 1');
    return { ok: answer === '1', detail: `${name} answers` };
  });
  const { world, state } = lab;
  const members = await scan(world, await belongingOfNode(world, state, node));
  const keepers = members.filter((one) => one.name === KEEPER && members.some(({ pid }) => pid === one.parent));
  if (keepers.length === 0) throw new Error(`${name} has no keeper`);
  for (const { pid } of keepers) world.processes.kill(pid, 'SIGSTOP');
}

function dataNodes(lab: Lab): readonly LabNode[] {
  return nodesOf(lab, 'postgres').filter((node) => node.name !== MONITOR);
}

function onMonitor(lab: Lab, text: string): Promise<readonly string[]> {
  return sql(lab, nodeNamed(lab, MONITOR), NAMES.monitorDatabase, text);
}

async function demoteTimeout(lab: Lab): Promise<number> {
  return Number((await onMonitor(lab, `SELECT setting FROM pg_settings WHERE name = '${DEMOTE_TIMEOUT}'`))[0]);
}

async function reloaded(lab: Lab, wanted: (value: number) => boolean): Promise<void> {
  await until(lab, RELOADED_MS, async (at) => {
    await onMonitor(at, 'SELECT pg_reload_conf()');
    const value = await demoteTimeout(at);
    return { ok: wanted(value), detail: `${DEMOTE_TIMEOUT} is ${value}` };
  });
}
