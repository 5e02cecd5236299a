import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { type HealReport, minioHeal, stopHeal } from '../probes/minio-admin.ts';
import type { S3Client } from '../probes/s3-client.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { okCheck } from './evidence.ts';

const NAME = 'whole objects';
const CALL_TIMEOUT_MS = 5_000;
/** For all buckets together: preflight may not take long. */
const WALK_MS = 8_000;
/** An object that is just being written lacks a shard in one look and not in the next. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Is every object of these buckets whole now? One that lacks a shard already may not be readable once two more nodes are
 * gone, and everything but the heal API's dry run would call it healthy. Breaks nothing, heals nothing, never rejects.
 */
export async function wholeObjects(
  world: Pick<World, 'clock'>,
  client: S3Client,
  node: string,
  buckets: readonly string[],
  signal: AbortSignal,
): Promise<Check> {
  let walking = '';
  const look = (bucket: string, inner: AbortSignal): Promise<HealReport> => {
    walking = bucket;
    return minioHeal(client, node, bucket, {
      dryRun: true,
      timeoutMs: CALL_TIMEOUT_MS,
      signal: inner,
      sleep: (ms, until) => world.clock.sleep(ms, until),
    });
  };
  try {
    return await withDeadline(world.clock, WALK_MS, signal, async (inner) => {
      let objects = 0;
      for (const bucket of buckets) {
        const report = await look(bucket, inner);
        objects += report.objects;
        const suspects = new Set(report.unhealed.map(({ key }) => key));
        if (suspects.size === 0) continue;
        await world.clock.sleep(LOOK_AGAIN_MS, inner);
        const lacking = (await look(bucket, inner)).unhealed.filter(({ key }) => suspects.has(key));
        const [first] = lacking;
        if (first !== undefined) return lacks(bucket, lacking.length, report.objects, `${first.key}: ${first.drives}`);
      }
      return okCheck(NAME, `none of ${objects} objects in ${buckets.length} buckets lacks a shard`);
    });
  } catch (error) {
    const stopped = walking !== '' && !signal.aborted;
    if (stopped) await stopHeal(client, node, walking, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined);
    return {
      name: NAME,
      status: 'warning',
      detail: `whether every object is whole is not known${walking === '' ? '' : `, bucket ${walking} was not looked through`}: ${messageOf(error)}`,
      hint: 'name the buckets that matter in scenarios.C.healing.buckets, or none, and look by hand: mc admin heal -r -n ALIAS',
    };
  }
}

function lacks(bucket: string, count: number, objects: number, example: string): Check {
  return {
    name: NAME,
    status: 'blocked',
    detail: `${count} of ${objects} objects of bucket ${bucket} lack a shard already (${example}): with two nodes gone they may not be readable`,
    hint: `heal them first: mc admin heal -r ALIAS/${bucket}`,
  };
}
