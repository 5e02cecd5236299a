import type { Client } from 'pg';
import { messageOf } from '../core/errors.ts';
import type { Facts, Probe } from '../core/probe.ts';
import { outcomeOfError } from './failure.ts';

export interface MonitorOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** Names of the drilled nodes by where they listen, so that the drill and the monitor speak of the same ones. */
  readonly nodes: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** Least time for one connection attempt, in ms. */
  readonly connectTimeoutMs: number;
}

export type NodeHealth = 'good' | 'bad' | 'unknown';

/** One row of `pgautofailover.node`. */
export interface MonitorNode {
  /** As the drill calls it; the monitor's own name where the drill does not know the node. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly reported: string;
  readonly goal: string;
  readonly health: NodeHealth;
  /** May this node stand in for the standby that a synchronous commit waits for? */
  readonly quorum: boolean;
}

/** The monitor's `pgautofailover.*` settings that decide how long a failover takes, in ms. */
export interface MonitorSettings {
  readonly unhealthyMs: number;
  readonly demoteMs: number;
  readonly checkPeriodMs: number;
  readonly checkRetryDelayMs: number;
}

export interface Monitor {
  nodes(signal: AbortSignal): Promise<readonly MonitorNode[]>;
  settings(signal: AbortSignal): Promise<MonitorSettings>;
  close(): Promise<void>;
}

const NODES_SQL = `select nodename, nodehost, nodeport, reportedstate::text as reportedstate, goalstate::text as goalstate,
  health, replicationquorum from pgautofailover.node order by nodeid`;
const SETTINGS_SQL = `select name, setting from pg_settings where name like 'pgautofailover.%'`;

/**
 * The monitor over one held connection, which is made again after any error. Rejects when the monitor cannot be read:
 * what it said last is not remembered.
 */
export function pgMonitor(options: MonitorOptions): Monitor {
  let held: Promise<Client> | undefined;
  const discard = (connection: Promise<Client>) => {
    if (held === connection) held = undefined;
    void connection.then((client) => client.end()).catch(() => undefined);
  };
  const query = async (sql: string, signal: AbortSignal): Promise<readonly unknown[]> => {
    signal.throwIfAborted();
    held ??= connect(options, (lost) => {
      if (held === lost) held = undefined;
    });
    const mine = held;
    const onAbort = () => discard(mine);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const client = await mine;
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } catch (error) {
      discard(mine);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
  return {
    async nodes(signal) {
      return parseNodes(await query(NODES_SQL, signal), options.nodes);
    },
    async settings(signal) {
      return parseSettings(await query(SETTINGS_SQL, signal));
    },
    async close() {
      const connection = held;
      held = undefined;
      await connection?.then((client) => client.end()).catch(() => undefined);
    },
  };
}

function connect(options: MonitorOptions, onLost: (connection: Promise<Client>) => void): Promise<Client> {
  const connection = (async () => {
    const { default: pg } = await import('pg');
    const { host, port, database, user, password } = options;
    const client = new pg.Client({
      host,
      port,
      database,
      user,
      ...(password === undefined ? {} : { password }),
      connectionTimeoutMillis: options.connectTimeoutMs,
      application_name: 'gameday',
    });
    // Without a listener a connection that is lost between two looks would end the program.
    client.on('error', () => onLost(connection));
    await client.connect();
    return client;
  })();
  return connection;
}

/** Facts: `<node>` is the reported state, or `reported->goal` while it is under way, and `<node>:health`. */
export function monitorFacts(nodes: readonly MonitorNode[]): Facts {
  const facts: Record<string, string> = {};
  for (const node of nodes) {
    facts[node.name] = stateOf(node);
    facts[`${node.name}:health`] = node.health;
  }
  return facts;
}

/** `primary`, or `primary->demoted` while the node has not yet done what it was told. */
export function stateOf(node: Pick<MonitorNode, 'reported' | 'goal'>): string {
  return node.reported === node.goal ? node.reported : `${node.reported}->${node.goal}`;
}

/**
 * What the monitor says about the formation, as a probe named `monitor`. One that does not know every one of `members` is
 * the monitor of another formation: protocol, and no facts.
 */
export function monitorProbe(
  monitor: Monitor,
  members: readonly string[],
  times: { readonly target: string; readonly intervalMs: number; readonly timeoutMs: number },
): Probe {
  return {
    name: 'monitor',
    user: false,
    ...times,
    async sample(signal) {
      try {
        const nodes = await monitor.nodes(signal);
        const strangers = members.filter((name) => !nodes.some((node) => node.name === name));
        if (nodes.length === 0 || strangers.length > 0) {
          const detail = `the monitor knows no ${strangers.join(', no ') || 'node'}: is it the monitor of this formation?`;
          return { outcome: 'protocol', detail };
        }
        return { outcome: 'ok', facts: monitorFacts(nodes) };
      } catch (error) {
        return { outcome: outcomeOfError(error), detail: messageOf(error) };
      }
    },
    close: () => monitor.close(),
  };
}

/** Rows of `pgautofailover.node`. Throws when a row is not what it should be. */
export function parseNodes(rows: readonly unknown[], known: MonitorOptions['nodes']): readonly MonitorNode[] {
  const nodes = rows.map((row) => {
    const host = wordOf(row, 'nodehost');
    const port = countOf(row, 'nodeport');
    const given = wordOf(row, 'nodename');
    const name =
      known.find((one) => one.host === host && one.port === port)?.name ??
      known.find((one) => one.name === given)?.name;
    return {
      name: name ?? given,
      host,
      port,
      reported: wordOf(row, 'reportedstate'),
      goal: wordOf(row, 'goalstate'),
      health: healthOf(textOf(row, 'health')),
      quorum: textOf(row, 'replicationquorum') === 'true',
    };
  });
  if (new Set(nodes.map(({ name }) => name)).size < nodes.length)
    throw new Error('the monitor answered with one node twice');
  return nodes;
}

/** Rows of `pg_settings`. Throws when one is missing: what was not read is not assumed. */
export function parseSettings(rows: readonly unknown[]): MonitorSettings {
  const byName = new Map(rows.map((row) => [textOf(row, 'name'), row]));
  const ms = (name: string): number => {
    const row = byName.get(`pgautofailover.${name}`);
    if (row === undefined) throw new Error(`the monitor has no setting pgautofailover.${name}`);
    return countOf(row, 'setting');
  };
  return {
    unhealthyMs: ms('node_considered_unhealthy_timeout'),
    demoteMs: ms('primary_demote_timeout'),
    checkPeriodMs: ms('health_check_period'),
    checkRetryDelayMs: ms('health_check_retry_delay'),
  };
}

/**
 * How long a failover takes from a hard stop to writes, in ms. Measured on pg_auto_failover 2.0: the two timeouts one
 * after the other, half a second less at best; at worst a health check's period, one retry and a second of state
 * changes come on top.
 */
export function failoverTime(settings: MonitorSettings): { readonly leastMs: number; readonly mostMs: number } {
  const sum = settings.unhealthyMs + settings.demoteMs;
  return { leastMs: Math.max(0, sum - 500), mostMs: sum + settings.checkPeriodMs + settings.checkRetryDelayMs + 1_000 };
}

function healthOf(text: string): NodeHealth {
  if (text === '1') return 'good';
  return text === '0' ? 'bad' : 'unknown';
}

/** A whole number of 0 or more, in digits: an empty text counts as 0 to JavaScript, and not to us. */
function countOf(row: unknown, key: string): number {
  const text = textOf(row, key);
  if (!/^\d{1,15}$/.test(text)) throw new Error(`the monitor answered with a ${key} that is no number`);
  return Number(text);
}

function wordOf(row: unknown, key: string): string {
  const text = textOf(row, key);
  if (text === '') throw new Error(`the monitor answered with an empty ${key}`);
  return text;
}

function textOf(row: unknown, key: string): string {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, key) : undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`the monitor answered without ${key}`);
}
