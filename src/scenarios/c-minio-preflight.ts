import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { drivesOnline, type MinioInfo, minioInfo } from '../probes/minio-admin.ts';
import { type S3Client, S3Error } from '../probes/s3-client.ts';
import type { World } from '../world/world.ts';
import type { MinioSettings } from './c-minio-settings.ts';
import { VICTIMS } from './c-minio-victims.ts';
import { wholeObjects } from './c-minio-whole.ts';
import { okCheck } from './evidence.ts';

const TIMEOUT_MS = 5_000;

/** The settings with the plan's limit of nodes that may be down. */
type Checked = MinioSettings & { readonly maxDown: number };

/** What must be so before two nodes may be stopped. Breaks nothing and never rejects. */
export async function minioPreflight(
  world: World,
  client: S3Client,
  settings: Checked,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const limits = { timeoutMs: TIMEOUT_MS, signal };
  const failures: Check[] = [];
  const infos: { readonly node: string; readonly info: MinioInfo }[] = [];
  await Promise.all(
    settings.nodes.map(async ({ name, url }) => {
      try {
        infos.push({ node: name, info: await minioInfo(client, url, limits) });
      } catch (error) {
        failures.push(unreadable(name, error));
      }
    }),
  );
  if (failures.length > 0) return failures;
  const [first] = infos;
  const [node] = settings.nodes;
  if (first === undefined || node === undefined)
    return [blocked('nodes', 'no node is configured', 'name the nodes in scenarios.C.nodes')];
  return [
    okCheck('credentials', `admin API answers on ${infos.map((one) => one.node).join(', ')}`),
    ...infos.flatMap((one) => checkDrives(one.node, one.info)),
    checkParity(first.info, settings),
    ...(await checkBucket(world, client, settings, node.url, signal)),
  ];
}

function unreadable(node: string, error: unknown): Check {
  if (error instanceof S3Error && error.status === 403) {
    const skewed = error.code === 'RequestTimeTooSkewed';
    return blocked(
      'credentials',
      `${node} refuses the key: ${messageOf(error)}`,
      skewed
        ? 'the clocks of this machine and the node differ'
        : 'check scenarios.C.accessKey and secretKey; the key needs admin rights (admin:ServerInfo, admin:Heal)',
    );
  }
  return blocked(
    'nodes',
    `${node} cannot be asked for its state: ${messageOf(error)}`,
    'every node must be up before two of them are stopped',
  );
}

function checkDrives(node: string, info: MinioInfo): readonly Check[] {
  const { online, total } = drivesOnline(info);
  const healing = info.servers
    .filter((server) => server.drives.some((drive) => drive.healing))
    .map((server) => server.endpoint);
  if (total === 0 || online < total)
    return [
      blocked(
        'drives',
        `${node} sees ${online} of ${total} drives online`,
        'bring every drive back first: mc admin info ALIAS',
      ),
    ];
  if (healing.length > 0)
    return [
      blocked(
        'drives',
        `a drive of ${healing.join(', ')} is being healed`,
        'wait until it is done: mc admin heal ALIAS',
      ),
    ];
  return [okCheck('drives', `${node} sees ${online} of ${total} drives online`)];
}

/** Can everything be read while two nodes are down? Two nodes take twice their share of every erasure set. */
function checkParity(info: MinioInfo, settings: Checked): Check {
  const { parity, drivesPerSet } = info;
  if (parity === undefined || drivesPerSet === undefined) {
    return {
      name: 'parity',
      status: 'warning',
      detail: 'the store does not say its parity',
      hint: 'make sure that every erasure set can lose two nodes',
    };
  }
  const perNode = Math.ceil(drivesPerSet / settings.nodes.length);
  const lost = VICTIMS * perNode;
  if (lost > parity) {
    return {
      name: 'parity',
      status: 'unattainable',
      detail: `${lossText(perNode, drivesPerSet)}, and EC:${parity} can lose ${parity}`,
      hint: 'raise the parity of the storage class (MINIO_STORAGE_CLASS_STANDARD), or spread the sets over more nodes',
    };
  }
  if (parity !== settings.parity)
    return blocked(
      'parity',
      `the store has EC:${parity}, and scenarios.C.parity is ${settings.parity}`,
      `set scenarios.C.parity to ${parity}`,
    );
  // A node takes all of its drives along: what the drives allow, in nodes.
  const most = Math.floor(parity / perNode);
  if (settings.maxDown > most)
    return blocked(
      'parity',
      `up to ${settings.maxDown} nodes may be down at once, and every set can lose ${most} (${perNode} drives a node, EC:${parity})`,
      `set scenarios.C.maxDown to ${most}`,
    );
  return okCheck(
    'parity',
    `${lossText(perNode, drivesPerSet)}, and EC:${parity} can lose ${parity}: ${drivesPerSet - parity} are enough to read`,
  );
}

/** `2 nodes x 1 drive = 2 of the 4 drives of a set`. */
function lossText(perNode: number, drivesPerSet: number): string {
  return `${VICTIMS} nodes x ${perNode} ${perNode === 1 ? 'drive' : 'drives'} = ${VICTIMS * perNode} of the ${drivesPerSet} drives of a set`;
}

async function checkBucket(
  world: World,
  client: S3Client,
  settings: MinioSettings,
  node: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const limits = { timeoutMs: TIMEOUT_MS, signal };
  const name = `${settings.bucketPrefix}preflight-${world.random.hex(4)}`;
  try {
    const before = await client.buckets(node, limits);
    await client.makeBucket(node, name, limits);
    await client.removeBucket(node, name, limits);
    const left = before.filter((bucket) => bucket.startsWith(settings.bucketPrefix));
    const users = settings.healing.buckets ?? before.filter((bucket) => !left.includes(bucket));
    const nodes = settings.nodes.map(({ url }) => url);
    const whole = await wholeObjects(world, client, nodes, users, signal);
    if (left.length === 0)
      return [okCheck('bucket', `a bucket ${settings.bucketPrefix}… can be made and removed`), whole];
    const hint = `remove them when no other drill is running: ${left.map((bucket) => `mc rb --force ALIAS/${bucket}`).join('; ')}`;
    return [
      { name: 'leftovers', status: 'warning', detail: `buckets of earlier drills: ${left.join(', ')}`, hint },
      whole,
    ];
  } catch (error) {
    return [blocked('bucket', messageOf(error), 'the key must be allowed to make, fill and remove buckets')];
  }
}

function blocked(name: string, detail: string, hint: string): Check {
  return { name, status: 'blocked', detail, hint };
}
