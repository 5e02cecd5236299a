import { messageOf } from '../core/errors.ts';
import type { Audit, Ledger, LedgerEntry, WriteResult } from '../core/ledger.ts';
import { type Clock, HttpFailure } from '../world/world.ts';
import { compareEntries, type Found } from './compare.ts';
import { bodyOf, keyOf, SEED_SIZES, sha256, sizeOf } from './s3-objects.ts';

interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What the ledger needs of an S3 client. A refusal by the store carries its `status`; no answer is an HttpFailure. */
export interface ObjectStore {
  put(node: string, bucket: string, key: string, body: Uint8Array, limits: Limits): Promise<void>;
  get(node: string, bucket: string, key: string, limits: Limits): Promise<Uint8Array>;
  remove(node: string, bucket: string, key: string, limits: Limits): Promise<void>;
  list(node: string, bucket: string, limits: Limits): Promise<readonly string[]>;
  makeBucket(node: string, bucket: string, limits: Limits): Promise<void>;
  removeBucket(node: string, bucket: string, limits: Limits): Promise<void>;
}

interface Node {
  readonly name: string;
  readonly url: string;
}

export interface S3LedgerOptions {
  readonly name: string;
  /** Makes the bucket one of its own. */
  readonly namespace: string;
  readonly store: ObjectStore;
  /** Base URLs of all nodes. */
  readonly nodes: readonly Node[];
  readonly bucketPrefix: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** An object that must read back as this. */
export interface KnownObject {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface S3Ledger extends Ledger {
  readonly bucket: string;
  /** Objects for the read probes, written when the ledger is opened; none before. */
  seeds(): readonly KnownObject[];
  /** The seeds and the latest acknowledged writes: those that were written with a node missing are at most risk. */
  readable(): readonly KnownObject[];
  /** Acknowledged writes, in the order of their acknowledgements. */
  written(): readonly KnownObject[];
  /** Objects that must be there: seeds and acknowledged writes. */
  acknowledged(): number;
  /** Why writes were not acknowledged, with how often: `no answer in 2000ms` hangs. */
  failures(): ReadonlyMap<string, number>;
  /** Writes without an answer within the limit. */
  hanging(): number;
}

const CONCURRENCY = 48;
/** Objects read through one node, or removed, at once. */
const AUDIT_AT_ONCE = 8;
const READ_TIMEOUT_MS = 10_000;
/** A node that refuses a read for a moment (SlowDownRead) has lost nothing. */
const READ_ATTEMPTS = 3;
const READ_PAUSE_MS = 500;
/** Latest writes that the read probes read. */
const RECENT = 32;
const CALL_TIMEOUT_MS = 5_000;

/**
 * Puts objects of several sizes, each write through the next node in turn. Where the connection is refused or the node
 * answers 5xx the next one is tried, as a client with more than one address does; any other failure ends the write. A 4xx
 * is rejected. A write that met a 5xx is indeterminate: S3 does not promise that nothing was stored.
 */
export function s3Ledger(world: { readonly clock: Clock }, options: S3LedgerOptions): S3Ledger {
  const { name, store, nodes, intervalMs, timeoutMs } = options;
  const bucket = `${options.bucketPrefix}${options.namespace}`;
  const failures = new Map<string, number>();
  let seeds: readonly KnownObject[] = [];
  const acked: KnownObject[] = [];
  let hanging = 0;

  const failed = (outcome: WriteResult['outcome'], reason: string, detail: string): WriteResult => {
    failures.set(reason, (failures.get(reason) ?? 0) + 1);
    return { outcome, detail };
  };
  const inTurn = (id: number) =>
    nodes.map((_, at) => nodes[(id + at) % nodes.length]).filter((node) => node !== undefined);
  /** The first node that answers; for what is done before and after the drill. */
  const anywhere = async <T>(call: (url: string) => Promise<T>): Promise<T> => {
    const errors: unknown[] = [];
    for (const node of nodes) {
      try {
        return await call(node.url);
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors);
  };
  /** Undefined when the node says that it has no such object, or cannot give it. Rejects when it does not answer. */
  const read = async (key: string, node: Node, signal: AbortSignal): Promise<Uint8Array | undefined> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.get(node.url, bucket, key, { timeoutMs: READ_TIMEOUT_MS, signal });
      } catch (error) {
        const status = statusOf(error);
        if (status === 404) return undefined;
        const again = status === undefined || status >= 500;
        if (again && attempt < READ_ATTEMPTS) await world.clock.sleep(READ_PAUSE_MS, signal);
        else if (status !== undefined && status >= 500) return undefined;
        else throw new Error(`${node.name}: ${messageOf(error)}`);
      }
    }
  };
  /** Every object through one node: any node serves all of them. */
  const auditThrough = async (node: Node, entries: readonly LedgerEntry[], signal: AbortSignal): Promise<Audit> => {
    const found: Found[] = [];
    const known = new Map(acked.map((one) => [one.key, one.sha256]));
    await inParallel(entries, AUDIT_AT_ONCE, async ({ id }) => {
      const key = keyOf(id);
      const body = await read(key, node, signal);
      if (body === undefined) return;
      found.push({ id, intact: sha256(body) === (known.get(key) ?? sha256(bodyOf(`${bucket}/${key}`, sizeOf(id)))) });
    });
    // The seeds were acknowledged too, and the largest objects are among them. They have no id of a write.
    const seen = { lost: 0, corrupted: 0 };
    await inParallel(seeds, AUDIT_AT_ONCE, async ({ key, sha256: known }) => {
      const body = await read(key, node, signal);
      if (body === undefined) seen.lost += 1;
      else if (sha256(body) !== known) seen.corrupted += 1;
    });
    // An object is written once: there is no second copy, and no older value that could be read.
    const audit = compareEntries(node.name, entries, found, { stale: null, unseen: ['duplicated'] });
    return {
      ...audit,
      acked: audit.acked + seeds.length,
      seeds: seeds.length,
      lost: audit.lost + seen.lost,
      corrupted: (audit.corrupted ?? 0) + seen.corrupted,
    };
  };

  return {
    name,
    bucket,
    target: `PUT of 1 KiB to 1 MiB into ${bucket} through ${nodes.map((node) => node.name).join(', ')} in turn`,
    intervalMs,
    timeoutMs,
    concurrency: CONCURRENCY,
    user: false,
    namespace: { what: `bucket ${bucket}`, byHand: `mc rb --force ALIAS/${bucket}` },
    seeds: () => seeds,
    readable: () => [...seeds, ...acked.slice(-RECENT)],
    written: () => acked,
    acknowledged: () => seeds.length + acked.length,
    failures: () => failures,
    hanging: () => hanging,
    async open(signal) {
      const limits = { timeoutMs: CALL_TIMEOUT_MS, signal };
      await anywhere((url) => store.makeBucket(url, bucket, limits));
      const written: KnownObject[] = [];
      for (const [index, bytes] of SEED_SIZES.entries()) {
        const key = `seed/${index}`;
        const body = bodyOf(`${bucket}/${key}`, bytes);
        const node = nodes[index % nodes.length];
        if (node === undefined) throw new Error('no node to write through');
        await store.put(node.url, bucket, key, body, limits);
        written.push({ key, bytes, sha256: sha256(body) });
      }
      seeds = written;
    },
    async write(id, signal) {
      const body = bodyOf(`${bucket}/${keyOf(id)}`, sizeOf(id));
      const refusals: { readonly node: string; readonly reason: string }[] = [];
      let maybeStored = false;
      for (const node of inTurn(id)) {
        try {
          await store.put(node.url, bucket, keyOf(id), body, { timeoutMs, signal });
          acked.push({ key: keyOf(id), bytes: body.length, sha256: sha256(body) });
          return { outcome: 'acked', detail: node.name };
        } catch (error) {
          const reason = reasonOf(error, timeoutMs);
          const kind = error instanceof HttpFailure ? error.kind : undefined;
          const status = statusOf(error);
          if (kind === 'timeout') hanging += 1;
          if (kind !== 'refused' && (status === undefined || status < 500)) {
            const rejected = status !== undefined && !maybeStored;
            return failed(rejected ? 'rejected' : 'indeterminate', reason, `${node.name}: ${reason}`);
          }
          maybeStored ||= kind !== 'refused';
          refusals.push({ node: node.name, reason });
        }
      }
      const reason = refusals.find((one) => one.reason !== 'refused')?.reason ?? 'refused';
      return failed(
        maybeStored ? 'indeterminate' : 'rejected',
        reason,
        refusals.map((one) => `${one.node}: ${one.reason}`).join(', '),
      );
    },
    async audit(entries, signal) {
      // Side by side: one that refuses reads for a moment is asked again, and the others need not wait for that.
      return await Promise.all(nodes.map((node) => auditThrough(node, entries, signal)));
    },
    async remove(signal) {
      const limits = { timeoutMs: CALL_TIMEOUT_MS, signal };
      const keys = await anywhere((url) => unlessGone(store.list(url, bucket, limits)));
      if (keys === undefined) return;
      await inParallel(keys, AUDIT_AT_ONCE, (key) => anywhere((url) => store.remove(url, bucket, key, limits)));
      await anywhere((url) => store.removeBucket(url, bucket, limits));
    },
  };
}

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Undefined where there is no such bucket. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof HttpFailure) return error.kind === 'timeout' ? `no answer in ${timeoutMs}ms` : error.kind;
  // What comes before the colon is the request, which is another one each time.
  return messageOf(error).replace(/^.*: /, '');
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}
