import { z } from 'zod';
import { type Redundancy, refuseMoreDown } from './max-down.ts';
import {
  apiSettings,
  commonSettings,
  connection,
  duration,
  endpoint,
  expectation,
  interval,
  node,
  port,
  rate,
  timeout,
} from './settings.ts';

const fields = z.strictObject({
  ...commonSettings,
  api: apiSettings,
  nodes: z
    .array(node.extend({ host: z.string().min(1), port }))
    .min(2)
    .meta({ description: 'the backends; each is named as in HAProxy and as the API says in x-served-by' }),
  stats: z
    .union([endpoint, z.strictObject({ socket: z.string().min(1) })])
    .meta({ description: "HAProxy's stats socket: host and port, or the path of a unix socket" }),
  backend: z.string().min(1).default('api').meta({ description: "name of HAProxy's backend" }),
  configFile: z
    .string()
    .startsWith('/')
    .optional()
    .meta({ description: 'absolute path of haproxy.cfg as it can be read from here: for the intervals of the checks' }),
  cookie: z.string().min(1).default('GAMEDAY_BACKEND').meta({ description: 'name of the sticky cookie' }),
  url: z.url().meta({ description: 'base URL of the API through the balancer' }),
  ws: z.url().meta({ description: 'WebSocket URL through the balancer: ws://…/ws' }),
  downWithin: duration.default(30_000).meta({ description: 'stop to DOWN in the stats (30s)' }),
  maxErrorRun: duration.default(30_000).meta({ description: 'longest run of failed requests during the outage (30s)' }),
  upWithin: duration.default(60_000).meta({ description: "start of the backend to UP by HAProxy's checks (60s)" }),
  rate: z
    .strictObject({
      interval: interval.default(20),
      timeout: timeout.default(2_000),
      connection: connection.optional(),
      path: z
        .string()
        .startsWith('/')
        .default('/api/v1/health')
        .meta({ description: 'what requests and sticky clients ask for (/api/v1/health)' }),
      expect: expectation.omit({ status: true }).optional().meta({
        description:
          'what its answer holds: a text, values in its JSON by path; its status is 200 (default: a health body)',
      }),
    })
    .prefault({}),
  probes: z
    .strictObject({
      sticky: z.strictObject({ interval: interval.default(100) }).prefault({}),
      haproxy: rate({ intervalMs: 100, timeoutMs: 2_000 }),
    })
    .prefault({}),
  ledger: rate({ intervalMs: 100, timeoutMs: 2_000 }),
});

export type HaproxySettings = z.output<typeof fields>;

/** `scenarios.D` in gameday.yaml. */
export const haproxySettings = fields.superRefine((settings, context) =>
  refuseMoreDown(settings, haproxyRedundancy(settings), context),
);

/** One backend must stay; the balancer is no member. */
export function haproxyRedundancy({ nodes }: Pick<HaproxySettings, 'nodes'>): Redundancy {
  return { most: nodes.length - 1, because: `1 of ${nodes.length} backends must stay` };
}
