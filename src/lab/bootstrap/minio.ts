import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { LabNode } from '../../core/lab-state.ts';
import type { NodeRef } from '../../core/node.ts';
import type { Condition } from '../../core/scenario.ts';
import { launch } from '../../platforms/lab/launch.ts';
import { createLabPlatform } from '../../platforms/lab.ts';
import { LOOPBACK, NAMES } from '../blueprint.ts';
import { allOrNone, branch, type Lab, nodesOf, portOf, until } from '../lab.ts';
import { readSecret } from '../state.ts';

const ANSWER_MS = 3_000;
const LIMIT_MS = 60_000;
const PROOF = 'gameday-lab-proof';
/** Small objects travel with their metadata, on another connection than large ones: after a restart that may work first. */
const PROOF_BYTES = 1024 * 1024;

/** A node that did not reach a peer dials it again after at most this (MinIO's internal/grid, defaultDialTimeout). */
const REDIAL_MS = 2_000;

export async function bootMinio(lab: Lab): Promise<string> {
  const nodes = nodesOf(lab, 'minio');
  await Promise.all(nodes.map((node) => launch(lab.world, lab.state, node, node.processes)));
  await meet(lab, nodes);
  return until(lab, LIMIT_MS, minioHealth);
}

/**
 * Holds every node at its open port until all have one and every refused dial is due again, so that all of them meet at
 * once. Without it one start in four goes on while a node has not found a peer, and that node looks for it again only
 * after 15 s (MinIO's defaultMonitorConnectEndpointInterval).
 */
async function meet(lab: Lab, nodes: readonly LabNode[]): Promise<void> {
  const { world, state, signal } = lab;
  const platform = createLabPlatform(world, state);
  const refOf = ({ name }: LabNode): NodeRef => ({ name, platform: platform.id, labels: {} });
  const failed = new AbortController();
  const shared: Lab = { ...lab, signal: AbortSignal.any([signal, failed.signal]) };
  const hold = async (node: LabNode, own: Lab): Promise<void> => {
    await until(own, LIMIT_MS, async (at) => {
      await world.net.knock({ host: LOOPBACK, port: portOf(node, 'http') }, ANSWER_MS, at.signal);
      return { ok: true, detail: `${node.name} listens` };
    });
    await platform.pause(refOf(node), { signal: own.signal });
  };
  await allOrNone(
    nodes.map((node) => hold(node, branch(shared))),
    failed,
  );
  await world.clock.sleep(REDIAL_MS, signal);
  await Promise.all(nodes.map((node) => platform.resume(refOf(node), { signal: branch(lab).signal })));
}

/**
 * Health endpoints promise too much after a start (200 while writes are refused): proven by a write through each node, and
 * by its shard on every drive. A node that has not found all of the others yet writes to three of four, and the object
 * would lack a shard from its first day.
 */
export async function minioHealth(lab: Lab): Promise<Condition> {
  const bases = nodesOf(lab, 'minio').map((node) => ({
    name: node.name,
    base: `http://${LOOPBACK}:${portOf(node, 'http')}`,
  }));
  const first = bases[0]?.base ?? '';
  const made = await send(lab, 'PUT', `${first}/${NAMES.bucket}`);
  if (made !== 200 && made !== 409) return { ok: false, detail: `the bucket could not be made: ${made}` };
  const drives = nodesOf(lab, 'minio').map(({ name, folder }) => ({ name, path: join(folder, 'drive', NAMES.bucket) }));
  const problems = await Promise.all(bases.map((node) => writeProblem(lab, node, drives)));
  const problem = problems.find((one) => one !== undefined);
  if (problem !== undefined) return { ok: false, detail: problem };
  return { ok: true, detail: `writes through all ${bases.length} nodes to every drive` };
}

/** Writes an object through one node, looks for it on every drive, and removes it. Undefined when all of that works. */
async function writeProblem(
  lab: Lab,
  node: { readonly name: string; readonly base: string },
  drives: readonly { readonly name: string; readonly path: string }[],
): Promise<string | undefined> {
  // A name of its own each time: an older shard on a drive proves nothing.
  const key = `${PROOF}-${node.name}-${lab.world.random.hex(4)}`;
  const url = `${node.base}/${NAMES.bucket}/${key}`;
  const written = await send(branch(lab), 'PUT', url, new Uint8Array(PROOF_BYTES)).catch(messageOf);
  if (written !== 200) {
    // It may have reached some drives all the same, and would lack a shard for ever.
    await send(branch(lab), 'DELETE', url).catch(() => undefined);
    return `a write through ${node.name} was answered ${written}`;
  }
  const lacking: string[] = [];
  for (const drive of drives)
    if ((await lab.world.fs.size(join(drive.path, key, 'xl.meta'))) === undefined) lacking.push(drive.name);
  const removed = await send(branch(lab), 'DELETE', url).catch(messageOf);
  if (lacking.length > 0) return `${node.name} does not write to the drive of ${lacking.join(' and ')} yet`;
  return removed === 204 ? undefined : `a removal through ${node.name} was answered ${removed}`;
}

async function send(lab: Lab, method: string, url: string, body?: Uint8Array): Promise<number> {
  const { AwsV4Signer } = await import('aws4fetch');
  const signer = new AwsV4Signer({
    method,
    url,
    accessKeyId: await readSecret(lab.world, lab.state, 'minio-access'),
    secretAccessKey: await readSecret(lab.world, lab.state, 'minio-secret'),
    service: 's3',
    region: 'us-east-1',
  });
  const signed = await signer.sign();
  const response = await lab.world.http.request({
    method,
    url,
    headers: Object.fromEntries(signed.headers),
    ...(body && { body }),
    timeoutMs: ANSWER_MS,
    signal: lab.signal,
  });
  return response.status;
}
