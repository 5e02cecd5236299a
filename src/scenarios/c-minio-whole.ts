import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { type HealReport, minioHeal, stopHeal } from '../probes/minio-admin.ts';
import type { S3Client } from '../probes/s3-client.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { okCheck } from './evidence.ts';

const NAME = 'whole objects';
const CALL_TIMEOUT_MS = 5_000;
/** One node walks all buckets: preflight may not take long. */
const WALK_MS = 8_000;
/** An object that is just being written lacks a shard in one look and not in the next. */
const LOOK_AGAIN_MS = 1_000;
/** A node that has just started looks for peers that it missed every 15 s, and calls their drives offline until then. */
const SEEK_MS = 15_000;

/** What one node's walk says. `unseen`: no more than that a drive could not be asked. */
type Walked = Check | { readonly unseen: string };

/**
 * Is every object of these buckets whole now? One that lacks a shard already may not be readable once two more nodes are
 * gone, and everything but the heal API's dry run would call it healthy. The first node that reaches every drive is
 * believed, and where none does they are asked again for a while. Breaks nothing, heals nothing, never rejects.
 */
export async function wholeObjects(
  world: Pick<World, 'clock'>,
  client: S3Client,
  nodes: readonly string[],
  buckets: readonly string[],
  signal: AbortSignal,
): Promise<Check> {
  const until = world.clock.now() + SEEK_MS;
  let unseen: string | undefined;
  let walking: { readonly node: string; readonly bucket: string } | undefined;
  try {
    for (;;) {
      for (const node of nodes) {
        const leftMs = until - world.clock.now();
        if (unseen !== undefined && leftMs <= 0) return hidden(unseen);
        const walked = await withDeadline(world.clock, Math.min(WALK_MS, leftMs), signal, (inner) =>
          walk(world, client, node, buckets, inner, (bucket) => {
            walking = { node, bucket };
          }),
        );
        if (!('unseen' in walked)) return walked;
        unseen = walked.unseen;
      }
      await world.clock.sleep(LOOK_AGAIN_MS, signal);
    }
  } catch (error) {
    if (walking !== undefined && !signal.aborted)
      await stopHeal(client, walking.node, walking.bucket, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined);
    if (unseen !== undefined) return hidden(unseen);
    return {
      name: NAME,
      status: 'warning',
      detail: `whether every object is whole is not known${walking === undefined ? '' : `, bucket ${walking.bucket} was not looked through`}: ${messageOf(error)}`,
      hint: 'name the buckets that matter in scenarios.C.healing.buckets, or none, and look by hand: mc admin heal -r -n ALIAS',
    };
  }
}

async function walk(
  { clock }: Pick<World, 'clock'>,
  client: S3Client,
  node: string,
  buckets: readonly string[],
  signal: AbortSignal,
  begins: (bucket: string) => void,
): Promise<Walked> {
  const look = (bucket: string): Promise<HealReport> => {
    begins(bucket);
    return minioHeal(client, node, bucket, {
      dryRun: true,
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
      sleep: (ms, until) => clock.sleep(ms, until),
    });
  };
  let objects = 0;
  for (const bucket of buckets) {
    const report = await look(bucket);
    objects += report.objects;
    const [dark] = report.unseen;
    if (dark !== undefined)
      return {
        unseen: `of ${report.unseen.length} of ${report.objects} objects of bucket ${bucket} a drive cannot be asked (${dark.key}: ${dark.drives})`,
      };
    const suspects = new Set(report.unhealed.map(({ key }) => key));
    if (suspects.size === 0) continue;
    await clock.sleep(LOOK_AGAIN_MS, signal);
    const lacking = (await look(bucket)).unhealed.filter(({ key }) => suspects.has(key));
    const [first] = lacking;
    if (first !== undefined) return lacks(bucket, lacking.length, report.objects, `${first.key}: ${first.drives}`);
  }
  return okCheck(NAME, `none of ${objects} objects in ${buckets.length} buckets lacks a shard`);
}

function hidden(unseen: string): Check {
  return {
    name: NAME,
    status: 'blocked',
    detail: `${unseen}, by no node: whether every object is whole is not known`,
    hint: 'see which drive is offline (mc admin info ALIAS) and bring it back; a node that has just started may need another 15s to find its peers',
  };
}

function lacks(bucket: string, count: number, objects: number, example: string): Check {
  return {
    name: NAME,
    status: 'blocked',
    detail: `${count} of ${objects} objects of bucket ${bucket} lack a shard already (${example}): with two nodes gone they may not be readable`,
    hint: `heal them first: mc admin heal -r ALIAS/${bucket}`,
  };
}
