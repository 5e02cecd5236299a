import { messageOf } from '../core/errors.ts';
import type { Audit, Ledger, LedgerEntry, WriteResult } from '../core/ledger.ts';
import { HttpFailure, type World } from '../world/world.ts';
import { compareEntries, type Found } from './compare.ts';

/** A reply as the protocol gives it; an error reply is an object with its text. */
type Reply = string | number | null | { readonly error: string } | readonly Reply[];

interface RedisNode {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface RedisLedgerOptions {
  readonly name: string;
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

/** The highest id that was there just before an acknowledged write, as the node that acknowledged it answered. */
export interface SeenBefore {
  readonly id: number;
  readonly last: number;
}

/**
 * Appends numbers to a list of its own, each over a fresh connection to the master that a majority of the sentinels
 * names. Each write reads the end of the list first: an older end than an earlier acknowledged write left is a stale read.
 */
export function redisLedger(world: Pick<World, 'random'>, options: RedisLedgerOptions): Ledger {
  const key = `gameday:${world.random.hex(6)}:writes`;
  const token = world.random.hex(4);
  const seen = new Map<number, SeenBefore>();
  const { call, nodes, intervalMs, timeoutMs } = options;

  return {
    name: options.name,
    target: `RPUSH ${key} at the master that a majority of the sentinels names`,
    intervalMs,
    timeoutMs,
    // Every write has a connection of its own: while one hangs, others tell when service is back.
    concurrency: Math.ceil(timeoutMs / intervalMs) + 1,
    user: false,

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
      const authority = await read(options, key, master, signal);
      const stale = countStale(entries, [...seen.values()], authority.map(idOf));
      const audits = [auditOf(master.name, authority, token, entries, stale)];
      for (const node of nodes.filter((one) => one.name !== master.name)) {
        // A replica that cannot be read vouches for nothing: the whole audit is then not made.
        audits.push(auditOf(node.name, await read(options, key, node, signal), token, entries, 0));
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
export function failedWrite(error: unknown, node: string): WriteResult {
  const unsent = error instanceof HttpFailure && (error.kind === 'refused' || error.kind === 'unreachable');
  return { outcome: unsent ? 'rejected' : 'indeterminate', detail: `${node}: ${messageOf(error)}` };
}

/**
 * Stale reads: acknowledged writes whose node showed an end of the list that an earlier acknowledged write, which is
 * still there now, had already passed. What a failover lost is counted as lost, not as stale. Pure.
 * `order` is the list as the master holds it now: it says which write came after which.
 */
export function countStale(
  entries: readonly LedgerEntry[],
  seen: readonly SeenBefore[],
  order: readonly number[],
): number {
  const position = new Map(order.map((id, index) => [id, index]));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const kept = entries
    .flatMap((entry) => {
      const place = position.get(entry.id);
      return entry.outcome === 'acked' && place !== undefined ? [{ ...entry, place }] : [];
    })
    .sort((a, b) => a.endedAt - b.endedAt);
  const looks = seen
    .flatMap(({ id, last }) => {
      const entry = byId.get(id);
      return entry?.outcome === 'acked' ? [{ startedAt: entry.startedAt, last }] : [];
    })
    .sort((a, b) => a.startedAt - b.startedAt);
  let stale = 0;
  let next = 0;
  let furthest = -1;
  let latestStart = Number.NEGATIVE_INFINITY;
  for (const { startedAt, last } of looks) {
    for (let entry = kept[next]; entry !== undefined && entry.endedAt < startedAt; entry = kept[next]) {
      furthest = Math.max(furthest, entry.place);
      latestStart = Math.max(latestStart, entry.startedAt);
      next += 1;
    }
    const place = last === 0 ? -1 : position.get(last);
    const lostEnd = byId.get(last)?.endedAt ?? Number.POSITIVE_INFINITY;
    // An end that was lost has no place any more; it is old news only when something that is kept began after it.
    if (place === undefined ? latestStart > lostEnd : place < furthest) stale += 1;
  }
  return stale;
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

function auditOf(
  node: string,
  items: readonly string[],
  token: string,
  entries: readonly LedgerEntry[],
  stale: number,
): Audit {
  const found: Found[] = items.map((item) => ({ id: idOf(item), intact: item === `${idOf(item)}:${token}` }));
  return compareEntries(node, entries, found, stale);
}
