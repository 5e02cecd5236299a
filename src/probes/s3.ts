import { formatBytes } from '../core/bytes.ts';
import type { Probe, Reading } from '../core/probe.ts';
import type { World } from '../world/world.ts';
import { drivesOnline, minioInfo } from './minio-admin.ts';
import { readingOfS3, type S3Client, S3Error, sha256 } from './s3-client.ts';
import { SizesInTurn } from './sizes-in-turn.ts';

interface Common {
  readonly name: string;
  /** Base URL of the node that is asked. */
  readonly node: string;
  readonly client: S3Client;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface S3ReadOptions extends Common {
  readonly bucket: string;
  /** Objects that may be read, with what they must be. */
  readonly objects: () => readonly { readonly key: string; readonly bytes: number; readonly sha256: string }[];
  /** True from when every size has to be read: its turns start anew then, because that time may be short. */
  readonly counts?: () => boolean;
}

/**
 * Reads a known object through one node: its size comes in turn, which one of that size by chance. A good look says the size,
 * a wrong checksum is `protocol` and names the key.
 */
export function s3ReadProbe(world: Pick<World, 'random'>, options: S3ReadOptions): Probe {
  const { name, node, client, intervalMs, timeoutMs, bucket, objects, counts = () => false } = options;
  const turns = new SizesInTurn();
  let counted = false;
  return {
    name,
    intervalMs,
    timeoutMs,
    user: false,
    target: `GET of known objects from ${bucket} through ${node}, checksum compared`,
    async sample(signal) {
      if (!counted && counts()) {
        counted = true;
        turns.anew();
      }
      const all = objects();
      const size = turns.next(all.map(({ bytes }) => bytes));
      const known = all.filter(({ bytes }) => bytes === size);
      const object = known[world.random.below(Math.max(1, known.length))];
      if (object === undefined) return { outcome: 'protocol', detail: 'there is no known object to read' };
      const reading = await orFailure(async () => {
        const body = await client.get(node, bucket, object.key, { timeoutMs, signal }).catch(unlessMissing);
        if (body === undefined) return { outcome: 'protocol', detail: 'it is not there' };
        return sha256(body) === object.sha256
          ? { outcome: 'ok', detail: formatBytes(object.bytes) }
          : { outcome: 'protocol', detail: 'wrong checksum' };
      });
      return reading.outcome === 'ok' ? reading : { ...reading, detail: `${object.key}: ${reading.detail ?? ''}` };
    },
  };
}

export interface S3WriteOptions extends Common {
  readonly bucket: string;
  /** Prefix of the keys that are written: `probe/minio-1`. */
  readonly key: string;
}

/** Over the size up to which MinIO keeps objects inline: such a write is refused at once where a smaller one hangs. */
const WRITE_BYTES = 300 * 1_024;

/**
 * Overwrites one object through one node. Fact `write`: `ok`, or why not. After a failure it goes on with another object: a
 * write that MinIO has left hanging keeps its key locked for a minute, and whoever waits behind it learns nothing of the node.
 */
export function s3WriteProbe(options: S3WriteOptions): Probe {
  const { name, node, client, intervalMs, timeoutMs, bucket, key } = options;
  const body = Buffer.alloc(WRITE_BYTES, key);
  let failures = 0;
  return {
    name,
    intervalMs,
    timeoutMs,
    user: false,
    target: `PUT of ${bucket}/${key}/* through ${node}`,
    async sample(signal) {
      const reading = await orFailure(async () => {
        await client.put(node, bucket, `${key}/${failures}`, body, { timeoutMs: Math.ceil(timeoutMs * 0.8), signal });
        return { outcome: 'ok' };
      });
      if (reading.outcome !== 'ok') failures += 1;
      return { ...reading, facts: { write: reading.outcome === 'ok' ? 'ok' : reading.outcome } };
    },
  };
}

/** How many drives one node counts as online. Fact `drives`: `all online`, `2 of 4`, or why that is not known. */
export function minioDrivesProbe(options: Common): Probe {
  const { name, node, client, intervalMs, timeoutMs } = options;
  return {
    name,
    intervalMs,
    timeoutMs,
    user: false,
    target: `drives online as ${node} sees them`,
    async sample(signal) {
      let drives: string | undefined;
      const reading = await orFailure(async () => {
        const { online, total } = drivesOnline(
          await minioInfo(client, node, { timeoutMs: Math.ceil(timeoutMs * 0.8), signal }),
        );
        drives = total > 0 && online === total ? 'all online' : `${online} of ${total}`;
        return { outcome: 'ok' };
      });
      return { ...reading, facts: { drives: drives ?? `unknown (${reading.outcome})` } };
    },
  };
}

/** A known object that is not there is no mistake of ours, as other refusals are: it is lost. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof S3Error && error.status === 404) return undefined;
  throw error;
}

async function orFailure(look: () => Promise<Reading>): Promise<Reading> {
  try {
    return await look();
  } catch (error) {
    return readingOfS3(error);
  }
}
