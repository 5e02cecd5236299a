import type { Probe, Reading } from '../core/probe.ts';
import { HttpFailure, type HttpResponse, type World } from '../world/world.ts';
import { readingOfFailure, readingOfStatus } from './http.ts';

/** Paths of a store's health endpoints; without authentication. */
interface HealthPaths {
  readonly live: string;
  readonly cluster: string;
  readonly clusterRead: string;
}

export interface MinioHealthOptions {
  readonly name: string;
  /** Base URL of the node. */
  readonly node: string;
  readonly paths: HealthPaths;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * What one node says of itself and the cluster. Facts `live`, `cluster` and `cluster-read`: the status as text, the
 * kind of failure (`refused`), `offline` for a 200 that takes itself back in the header x-minio-server-status, or
 * `protocol` for an answer of something else than the store. The outcome is that of `live`.
 */
export function minioHealthProbe(world: Pick<World, 'http'>, options: MinioHealthOptions): Probe {
  const { name, node, paths, intervalMs, timeoutMs } = options;
  // Each look gets less time than the sample, so that one endpoint that hangs is seen as that.
  const within = Math.ceil(timeoutMs * 0.8);
  return {
    name,
    intervalMs,
    timeoutMs,
    user: false,
    writable: { key: 'cluster', value: '200' },
    target: `GET ${paths.live}, ${paths.cluster}, ${paths.clusterRead} at ${node}`,
    async sample(signal) {
      const [live, cluster, clusterRead] = await Promise.all([
        look(world, node + paths.live, within, signal),
        look(world, node + paths.cluster, within, signal),
        look(world, node + paths.clusterRead, within, signal),
      ]);
      // Of what we could not ask for want of our own nothing is known.
      if ([live, cluster, clusterRead].some(({ fact }) => fact === 'shortage')) return { outcome: 'shortage' };
      return { ...live.reading, facts: { live: live.fact, cluster: cluster.fact, 'cluster-read': clusterRead.fact } };
    },
  };
}

/** True when the node says that it lives and means it. Never rejects. */
export async function minioIsLive(
  world: Pick<World, 'http'>,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return (await look(world, url, timeoutMs, signal)).fact === '200';
}

async function look(
  world: Pick<World, 'http'>,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly fact: string; readonly reading: Reading }> {
  try {
    const response = await world.http.request({ url, timeoutMs, signal });
    if (!isOfStore(response)) {
      const detail = `status ${response.status}, and nothing in the headers says that it is the store`;
      return { fact: 'protocol', reading: { outcome: 'protocol', detail } };
    }
    if (response.status === 200 && response.headers['x-minio-server-status'] === 'offline') {
      return {
        fact: 'offline',
        reading: { outcome: 'http5xx', detail: 'says 200, and offline in x-minio-server-status' },
      };
    }
    return { fact: String(response.status), reading: readingOfStatus(response) };
  } catch (error) {
    return { fact: error instanceof HttpFailure ? error.kind : 'protocol', reading: readingOfFailure(error) };
  }
}

/** Every answer of MinIO names itself or carries a header of its own; behind a proxy that takes the name away, the latter. */
function isOfStore({ headers }: HttpResponse): boolean {
  return headers.server === 'MinIO' || Object.keys(headers).some((name) => /^x-(minio|amz)-/.test(name));
}
