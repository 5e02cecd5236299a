import { messageOf } from '../../core/errors.ts';
import type { Condition } from '../../core/scenario.ts';
import { launch } from '../../platforms/lab/launch.ts';
import { LOOPBACK, NAMES } from '../blueprint.ts';
import { branch, type Lab, nodesOf, portOf, until } from '../lab.ts';
import { readSecret } from '../state.ts';

const ANSWER_MS = 3_000;
const LIMIT_MS = 60_000;
const PROOF = 'gameday-lab-proof';

export async function bootMinio(lab: Lab): Promise<string> {
  await Promise.all(nodesOf(lab, 'minio').map((node) => launch(lab.world, lab.state, node, node.processes)));
  return until(lab, LIMIT_MS, minioHealth);
}

/** Health endpoints promise too much after a start (200 while writes are refused): proven by a write through each node. */
export async function minioHealth(lab: Lab): Promise<Condition> {
  const bases = nodesOf(lab, 'minio').map((node) => ({
    name: node.name,
    base: `http://${LOOPBACK}:${portOf(node, 'http')}`,
  }));
  const first = bases[0]?.base ?? '';
  const made = await send(lab, 'PUT', `${first}/${NAMES.bucket}`);
  if (made !== 200 && made !== 409) return { ok: false, detail: `the bucket could not be made: ${made}` };
  const answers = await Promise.all(
    bases.map(async ({ name, base }) => {
      const status = await send(branch(lab), 'PUT', `${base}/${NAMES.bucket}/${PROOF}-${name}`).catch(messageOf);
      return { name, status };
    }),
  );
  const refused = answers.find(({ status }) => status !== 200);
  if (refused !== undefined)
    return { ok: false, detail: `a write through ${refused.name} was answered ${refused.status}` };
  return { ok: true, detail: `writes through all ${bases.length} nodes` };
}

async function send(lab: Lab, method: string, url: string): Promise<number> {
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
    timeoutMs: ANSWER_MS,
    signal: lab.signal,
  });
  return response.status;
}
