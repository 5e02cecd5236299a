import { isJsonObject, type JsonObject } from '../core/json.ts';
import { refusal, type S3Client, type S3Limits } from './s3-client.ts';

/** What `GET /minio/admin/v3/info` says of the cluster, as this node sees it. */
export interface MinioInfo {
  readonly servers: readonly {
    /** `127.0.0.1:9000`. */
    readonly endpoint: string;
    /** `online`, `offline`, `initializing`. */
    readonly state: string;
    readonly drives: readonly { readonly state: string; readonly healing: boolean }[];
  }[];
  /** Shards of parity a new standard object gets; undefined where the answer does not say. */
  readonly parity: number | undefined;
  /** Drives of the largest erasure set; undefined where the answer does not say. */
  readonly drivesPerSet: number | undefined;
}

/** One object that lacks a shard, as the heal API sees it. */
interface Unhealed {
  readonly key: string;
  /** States of its drives: `ok, ok, missing, ok`. */
  readonly drives: string;
}

export interface HealReport {
  /** Objects looked at. */
  readonly objects: number;
  /** Objects of which a drive could not be asked: nothing is known of their shard there. */
  readonly unseen: readonly Unhealed[];
  /** Objects that lack a shard on a drive that was asked. */
  readonly unhealed: readonly Unhealed[];
}

/** Rejects with S3Error (403 AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch) or HttpFailure. */
export async function minioInfo(client: S3Client, node: string, limits: S3Limits): Promise<MinioInfo> {
  const value = await json(client, node, 'GET', '/minio/admin/v3/info', limits);
  const servers = strictObjects(value.servers, 'servers').map(serverOf);
  if (servers.length === 0) throw new Error('the store answered with no server');
  const backend = isJsonObject(value.backend) ? value.backend : {};
  const perSet: readonly unknown[] = Array.isArray(backend.totalDrivesPerSet) ? backend.totalDrivesPerSet : [];
  const sizes = perSet.filter((size) => isCount(size) && size > 0).map(Number);
  return {
    servers,
    parity: isCount(backend.standardSCParity) ? backend.standardSCParity : undefined,
    drivesPerSet: sizes.length === 0 || sizes.length < perSet.length ? undefined : Math.max(...sizes),
  };
}

/** One server. A drive that cannot be understood is one that is not good. */
function serverOf(server: JsonObject): MinioInfo['servers'][number] {
  const [endpoint, state] = [text(server.endpoint), text(server.state)];
  if (state === '') throw new Error('the store answered with a server without a state');
  const listed = Array.isArray(server.drives) ? server.drives : [];
  const drives = listed.map((drive) =>
    isJsonObject(drive) ? { state: text(drive.state), healing: drive.healing === true } : { state: '', healing: false },
  );
  // A server of which no drive is listed has one all the same, and it is not seen.
  return { endpoint, state, drives: drives.length === 0 ? [{ state: 'not listed', healing: false }] : drives };
}

/** Drives that the cluster counts as good, and all that it knows. */
export function drivesOnline(info: MinioInfo): { readonly online: number; readonly total: number } {
  const drives = info.servers.flatMap((server) => server.drives.map((drive) => ({ ...drive, server: server.state })));
  return {
    online: drives.filter((drive) => drive.server === 'online' && drive.state === 'ok').length,
    total: drives.length,
  };
}

export interface HealOptions extends S3Limits {
  /** True: only look. */
  readonly dryRun: boolean;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const POLL_MS = 100;

/**
 * Walks a bucket by the heal API and waits for the end. An object lacks a shard where the state before was not `ok` on
 * every drive; with `dryRun` off such objects are repaired on the way. Health and heal metrics claim "healed" too early;
 * this is the one place that tells the truth.
 */
export async function minioHeal(
  client: S3Client,
  node: string,
  bucket: string,
  options: HealOptions,
): Promise<HealReport> {
  const path = `/minio/admin/v3/heal/${bucket}`;
  // Else the walk takes the lock of each object (MinIO's healObject), and would wait behind a write that was left hanging.
  const body = JSON.stringify({ recursive: true, dryRun: options.dryRun, nolock: options.dryRun, scanMode: 1 });
  // An earlier walk of the same bucket that nobody waits for any more would refuse this one.
  const started = await json(client, node, 'POST', path, options, body, { forceStart: 'true' });
  const clientToken = text(started.clientToken);
  if (clientToken === '') throw new Error(`POST ${path} gave no clientToken`);
  const items: JsonObject[] = [];
  for (;;) {
    const status = await json(client, node, 'POST', path, options, body, { clientToken });
    // Each answer carries only the items since the one before.
    items.push(...(status.Items === undefined || status.Items === null ? [] : strictObjects(status.Items, 'Items')));
    const summary = text(status.Summary);
    if (summary === 'finished') return healReport(items);
    if (summary !== 'running')
      throw new Error(`heal of ${bucket} ended as ${summary || 'unknown'}: ${text(status.Detail) || 'no detail'}`);
    await options.sleep(POLL_MS, options.signal);
    options.signal?.throwIfAborted();
  }
}

/** Ends a walk that nobody waits for any more: in a large store it would go on beside the drill. */
export async function stopHeal(client: S3Client, node: string, bucket: string, limits: S3Limits): Promise<void> {
  await client.send(
    { node, method: 'POST', path: `/minio/admin/v3/heal/${bucket}`, query: { forceStop: 'true' } },
    limits,
  );
}

/**
 * Folds heal items. A drive that the asked node cannot reach (`offline`) says nothing about its shard, and neither does
 * an object whose drives are not listed; a node that has just come back sees the others so for up to 15 s.
 */
export function healReport(items: readonly JsonObject[]): HealReport {
  const unseen: Unhealed[] = [];
  const unhealed: Unhealed[] = [];
  const seen = items.filter((item) => item.type === 'object');
  for (const item of seen) {
    const drives = isJsonObject(item.before) && Array.isArray(item.before.drives) ? item.before.drives : [];
    const states = drives.map((drive) => (isJsonObject(drive) && text(drive.state)) || 'not understood');
    const one = { key: text(item.object), drives: states.length === 0 ? 'not listed' : states.join(', ') };
    if (states.some((state) => state !== 'ok' && state !== 'offline')) unhealed.push(one);
    else if (states.length === 0 || states.includes('offline')) unseen.push(one);
  }
  return { objects: seen.length, unseen, unhealed };
}

async function json(
  client: S3Client,
  node: string,
  method: string,
  path: string,
  limits: S3Limits,
  body?: string,
  query?: Readonly<Record<string, string>>,
): Promise<JsonObject> {
  const response = await client.send(
    { node, method, path, body, query },
    { timeoutMs: limits.timeoutMs, signal: limits.signal },
  );
  if (response.status !== 200) throw refusal(`${method} ${path}`, response);
  const value: unknown = JSON.parse(response.text());
  if (!isJsonObject(value)) throw new Error(`${method} ${path} answered with no JSON object`);
  return value;
}

/** What is left out of a list of members looks like a smaller and healthy whole. */
function strictObjects(value: unknown, what: string): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject))
    throw new Error(`the store answered with no list of ${what}`);
  return value;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
