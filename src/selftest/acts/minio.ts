import { join } from 'node:path';
import { LOOPBACK, type SecretName } from '../../lab/blueprint.ts';
import { type Lab, nodeNamed, portOf } from '../../lab/lab.ts';
import { readSecret } from '../../lab/state.ts';
import { type S3Client, s3Client } from '../../probes/s3-client.ts';

const LIMIT_MS = 5_000;

export const MINIO_NODES = ['minio-1', 'minio-2', 'minio-3', 'minio-4'] as const;

export function minioUrl(lab: Pick<Lab, 'state'>, name: string): string {
  return `http://${LOOPBACK}:${portOf(nodeNamed(lab, name), 'http')}`;
}

export async function storeOf({ world, state }: Lab): Promise<S3Client> {
  const secret = (name: SecretName) => readSecret(world, state, name);
  return s3Client(world, { accessKey: await secret('minio-access'), secretKey: await secret('minio-secret') });
}

/** Puts other bytes in the place of an object, behind the back of whoever wrote it. */
export async function replaceObject(lab: Lab, node: string, bucket: string, key: string): Promise<void> {
  const other = new TextEncoder().encode('not what was written');
  await (await storeOf(lab)).put(minioUrl(lab, node), bucket, key, other, limits(lab));
}

/** Takes an object away, behind the back of whoever wrote it. */
export async function removeObject(lab: Lab, node: string, bucket: string, key: string): Promise<void> {
  await (await storeOf(lab)).remove(minioUrl(lab, node), bucket, key, limits(lab));
}

/** Takes the shards of all objects below a prefix off one node's drive, as a careless hand on the machine would. */
export async function removeShards(lab: Lab, node: string, bucket: string, prefix: string): Promise<void> {
  const path = join(nodeNamed(lab, node).folder, 'drive', bucket, prefix);
  if (!(await lab.world.fs.exists(path))) throw new Error(`${node} has no shards of ${prefix}`);
  await lab.world.fs.remove(path);
}

function limits({ signal }: Lab): { readonly timeoutMs: number; readonly signal: AbortSignal } {
  return { timeoutMs: LIMIT_MS, signal };
}
