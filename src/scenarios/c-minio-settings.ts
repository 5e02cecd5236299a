import { z } from 'zod';
import { type Redundancy, refuseMoreDown } from './max-down.ts';
import { apiSettings, commonSettings, duration, node, rate, secretRef } from './settings.ts';

const healthPath = z.string().startsWith('/');

const healingMode = z
  .enum(['request', 'self'])
  .meta({ description: 'request: then ask it to heal, and say so; self: never ask' });

const healing = z.strictObject({
  wait: duration.optional().meta({ description: 'how long the store may take to heal by itself (20s)' }),
  mode: healingMode.default('request'),
  buckets: z.array(z.string().min(1)).optional().meta({
    description: 'buckets that are looked through for objects that lack a shard before anything is broken (all)',
  }),
});

const fields = z.strictObject({
  ...commonSettings,
  api: apiSettings,
  nodes: z
    .array(node.extend({ url: z.url().meta({ description: 'base URL of this node: http://10.0.0.1:9000' }) }))
    .min(4)
    .meta({ description: 'the nodes of one erasure set' }),
  accessKey: secretRef,
  secretKey: secretRef,
  parity: z
    .int()
    .min(2)
    .default(2)
    .meta({ description: 'shards that an object can lose and stay readable, as the store says (EC:2 is 2)' }),
  bucketPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,30}$/, 'lower-case letters, digits and dashes, 31 at most')
    .default('gameday-'),
  stagger: duration.optional().meta({ description: 'between the first node and the second (5s)' }),
  healing: z
    .union([healing, healingMode.transform((mode) => healing.parse({ mode }))])
    .meta({
      description: 'request or self alone, or a mapping of wait, mode and buckets: how the store becomes whole again',
    })
    .prefault({}),
  health: z
    .strictObject({
      live: healthPath.default('/minio/health/live'),
      cluster: healthPath.default('/minio/health/cluster'),
      clusterRead: healthPath.default('/minio/health/cluster/read'),
    })
    .prefault({}),
  writesBackWithin: duration.default(60_000).meta({
    description: 'restart to writes acknowledged again (60s); a returned node is called again by the others after 15s',
  }),
  writeEachWithin: duration
    .default(60_000)
    .meta({ description: 'restart to an acknowledged write through each node (60s)' }),
  ledger: rate({ intervalMs: 200, timeoutMs: 2_000 }),
  reads: rate({ intervalMs: 200, timeoutMs: 5_000 }),
  probes: z
    .strictObject({
      health: rate({ intervalMs: 250, timeoutMs: 2_000 }),
      drives: rate({ intervalMs: 1_000, timeoutMs: 3_000 }),
      write: rate({ intervalMs: 1_000, timeoutMs: 3_000 }),
    })
    .prefault({}),
});

export type MinioSettings = z.output<typeof fields>;

/** `scenarios.C` in gameday.yaml. Any S3 store with MinIO's admin API and configurable health paths. */
export const minioSettings = fields.superRefine((settings, context) =>
  refuseMoreDown(settings, minioRedundancy(settings), context),
);

/** Parity counts drives, and is at most half of a set: of nodes with several drives each, never more than half may go. */
export function minioRedundancy({ nodes, parity }: Pick<MinioSettings, 'nodes' | 'parity'>): Redundancy {
  const half = Math.floor(nodes.length / 2);
  return { most: Math.min(parity, half), because: `parity ${parity}, ${nodes.length} nodes` };
}
