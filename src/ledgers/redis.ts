import { messageOf } from '../core/errors.ts';
import type { Audit, Counted, Ledger, LedgerEntry, WriteResult } from '../core/ledger.ts';
import { HttpFailure, type HttpFailureKind, type World } from '../world/world.ts';
import { caughtUp } from './caught-up.ts';
import { compareEntries, type Found } from './compare.ts';
import { countStale, type SeenBefore } from './stale.ts';

/** A reply as the protocol gives it; an error reply is an object with its text. */
type Reply = string | number | null | { readonly error: string } | readonly Reply[];

interface RedisNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface RedisLedgerOptions {
  readonly name: string;
  /** Makes the key one of its own. */
  readonly namespace: string;
  readonly nodes: readonly RedisNode[];
  /** Asks every sentinel and answers with the node that a majority names as master. Rejects, with the reason, when none is agreed on. */
  readonly agreedMaster: (signal: AbortSignal) => Promise<RedisNode>;
  /** Sends commands to one node over a fresh, authenticated connection; one reply each. Rejects when there is no answer. */
  readonly call: (
    node: RedisNode,
    commands: readonly (readonly string[])[],
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<readonly Reply[]>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

const READ_TIMEOUT_MS = 5_000;
const MOST_IN_FLIGHT = 64;
/** Replication is asynchronous: how long a replica may take to get what the master holds; one that has not by then is not read. */
const REPLICA_WAIT_MS = 15_000;

/**
 * Appends numbers to a list of its own, each over a fresh connection to the master that a majority of the sentinels
 * names. Each write reads the end of the list first: an older end than an earlier acknowledged write left is a stale read.
 */
export function redisLedger(world: Pick<World, 'clock'>, options: RedisLedgerOptions): Ledger {
  const key = `gameday:${options.namespace}:writes`;
  const token = options.namespace;
  const seen = new Map<number, SeenBefore>();
  const { call, nodes, intervalMs, timeoutMs } = options;

  return {
    name: options.name,
    target: `RPUSH ${key} at the master that a majority of the sentinels names`,
    intervalMs,
    timeoutMs,
    // Every write has a connection of its own: while one hangs, others tell when service is back.
    concurrency: Math.min(MOST_IN_FLIGHT, Math.ceil(timeoutMs / intervalMs) + 1),
    user: false,
    namespace: { what: `key ${key}`, byHand: `redis-cli DEL ${key} at the master` },

    async open(signal) {
      const master = await options.agreedMaster(signal);
      const [type] = await call(master, [['TYPE', key]], READ_TIMEOUT_MS, signal);
      if (type !== 'none') throw new Error(`${master.name} holds ${key} already, or cannot tell: ${textOf(type)}`);
    },

    async write(id, signal) {
      let master: RedisNode;
      try {
        master = await options.agreedMaster(signal);
      } catch (error) {
        return { outcome: 'rejected', detail: `not sent: ${messageOf(error)}` };
      }
      const commands = [['ROLE'], ['LINDEX', key, '-1'], ['RPUSH', key, `${id}:${token}`]];
      try {
        const [role, last, pushed] = await call(master, commands, timeoutMs, signal);
        if (typeof pushed !== 'number') return refusedBy(master.name, pushed);
        seen.set(id, { id, last: lastOf(last) });
        // A node that took a write and is no master would be the stale one that the sentinels do not mean.
        const kind = Array.isArray(role) ? textOf(role[0]) : textOf(role);
        if (kind !== 'master') return { outcome: 'indeterminate', detail: `${master.name} took it as ${kind}` };
        return { outcome: 'acked', detail: master.name };
      } catch (error) {
        return failedWrite(error, master.name);
      }
    },

    async audit(entries, signal) {
      const master = await options.agreedMaster(signal);
      const { items: authority, offset } = await readMaster(options, key, master, signal);
      const stale = countStale(entries, [...seen.values()], authority.map(idOf));
      const audits = [auditOf(master.name, authority, token, entries, stale)];
      for (const node of nodes.filter((one) => one.name !== master.name)) {
        // A replica that cannot be read vouches for nothing: the whole audit is then not made.
        const wait = { replica: node.name, waitMs: REPLICA_WAIT_MS };
        await caughtUp(world.clock, wait, () => notReplicated(options, node, offset, signal), signal);
        // Nobody promises fresh reads of a replica.
        audits.push(auditOf(node.name, await read(options, key, node, signal), token, entries, null));
      }
      return audits;
    },

    async remove(signal) {
      const master = await options.agreedMaster(signal);
      const [removed] = await call(master, [['DEL', key]], READ_TIMEOUT_MS, signal);
      if (typeof removed !== 'number') throw new Error(`${master.name} did not delete ${key}: ${textOf(removed)}`);
    },
  };
}

/** A connection that was never made carried nothing; after that it is anyone's guess. */
const UNSENT: readonly HttpFailureKind[] = ['refused', 'unreachable', 'shortage'];

export function failedWrite(error: unknown, node: string): WriteResult {
  const unsent = error instanceof HttpFailure && UNSENT.includes(error.kind);
  return { outcome: unsent ? 'rejected' : 'indeterminate', detail: `${node}: ${messageOf(error)}` };
}

/** `12:abcd` as 12; 0 for no entry or another content. */
export function idOf(item: string): number {
  const id = Number(item.split(':')[0]);
  return Number.isSafeInteger(id) && id > 0 ? id : 0;
}

function lastOf(reply: Reply | undefined): number {
  return typeof reply === 'string' ? idOf(reply) : 0;
}

function textOf(reply: Reply | undefined): string {
  if (typeof reply === 'object' && reply !== null && 'error' in reply) return reply.error;
  return typeof reply === 'string' || typeof reply === 'number' ? String(reply) : 'no answer of use';
}

/** READONLY, LOADING, NOREPLICAS, OOM, … : the server says that it did not carry the command out. */
function refusedBy(node: string, reply: Reply | undefined): WriteResult {
  const refused = typeof reply === 'object' && reply !== null && 'error' in reply;
  return { outcome: refused ? 'rejected' : 'indeterminate', detail: `${node}: ${textOf(reply)}` };
}

async function read(
  options: RedisLedgerOptions,
  key: string,
  node: RedisNode,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [list] = await options.call(node, [['LRANGE', key, '0', '-1']], READ_TIMEOUT_MS, signal);
  if (!Array.isArray(list)) throw new Error(`${node.name} did not give ${key}: ${textOf(list)}`);
  return list.map(String);
}

/** What a master holds, and a place in its replication stream by which all of it was sent. */
async function readMaster(
  options: RedisLedgerOptions,
  key: string,
  master: RedisNode,
  signal: AbortSignal,
): Promise<{ readonly items: readonly string[]; readonly offset: number }> {
  const items = await read(options, key, master, signal);
  const [role] = await options.call(master, [['ROLE']], READ_TIMEOUT_MS, signal);
  const [kind, offset] = Array.isArray(role) ? role : [role];
  if (kind !== 'master' || typeof offset !== 'number')
    throw new Error(`${master.name} is named as master and does not say that it is one: ${textOf(kind)}`);
  return { items, offset };
}

/** What keeps a replica from having all up to this place of its master's stream; undefined when it has it. */
async function notReplicated(
  options: RedisLedgerOptions,
  replica: RedisNode,
  offset: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [role] = await options.call(replica, [['ROLE']], READ_TIMEOUT_MS, signal);
  const [kind, , , link, has] = Array.isArray(role) ? role : [role];
  if (kind !== 'slave') return `its role is ${textOf(kind)}`;
  if (link !== 'connected' || typeof has !== 'number') return `its link to the master is ${textOf(link)}`;
  return has >= offset ? undefined : `it has ${has} of ${offset} bytes of the stream`;
}

function auditOf(
  node: string,
  items: readonly string[],
  token: string,
  entries: readonly LedgerEntry[],
  stale: Counted,
): Audit {
  const found: Found[] = items.map((item) => ({ id: idOf(item), intact: item === `${idOf(item)}:${token}` }));
  return compareEntries(node, entries, found, { stale });
}
