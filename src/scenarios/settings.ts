import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';

/** A duration with its unit, as text in the file and as milliseconds in the program. */
export const duration = z
  .string()
  .meta({ description: 'a duration with its unit: 250ms, 10s, 1m30s', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      context.addIssue({ code: 'custom', message: `not a duration: write it with its unit, like 250ms, 10s or 1m30s` });
      return z.NEVER;
    }
    return ms;
  });

export const port = z.int().min(1).max(65_535);

export const endpoint = z.strictObject({ host: z.string().min(1), port });

/** Where a secret is read from; the value itself never stands in the file. */
export const secretRef = z.union([
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);

/** One node that the drill may break: how it is reached, and the labels by which its alerts are known. */
export const node = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, 63 at most'),
  platform: z.string().min(1),
  labels: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'labels by which alerts of this node are known; without them an alert of any node counts' }),
});

export const alertExpectation = z.strictObject({
  name: z.string().min(1),
  labels: z.record(z.string(), z.string()).optional().meta({
    description:
      'labels that the alert must carry; where it also has a label of the stopped node, the value must be the same',
  }),
  of: z.enum(['first', 'second', 'any']).default('first'),
  within: duration.optional(),
});

export const logExpectation = z.strictObject({
  name: z.string().min(1),
  nodes: z.array(z.string()).min(1),
  pattern: z.string().refine(isRegExp, 'not a regular expression'),
  within: duration.optional(),
});

/** A stop that is late may land 10 s after its request, and a start must have time for more than one attempt. */
const LEAST_UNDO_MS = 30_000;
const LEAST_UNDO_TEXT = 'at least 30s: a node that was stopped must have time to come up again';

/** What every scenario may set. What is absent comes from the profile (see profile.ts). */
export const commonSettings = {
  steady: duration.optional(),
  outage: duration.optional(),
  verify: duration.optional(),
  heal: z.strictObject({ deadline: duration.optional() }).optional(),
  undo: z
    .strictObject({ deadline: duration.refine((ms) => ms >= LEAST_UNDO_MS, LEAST_UNDO_TEXT).optional() })
    .optional(),
  maxDown: z.int().min(0).optional().meta({
    description:
      'how many members may be down at once, whatever the reason: 0 up to what the redundancy of the stack allows (default: that)',
  }),
  secondStrike: z.boolean().optional().meta({
    description:
      'whether the fault is repeated on the nodes that survived it, once the stack calls itself healthy (default: false; --second-strike means all scenarios)',
  }),
  needs: z.array(z.string()).optional(),
  runbook: z.string().optional(),
  alerts: z.array(alertExpectation).optional(),
  logs: z.array(logExpectation).optional(),
} as const;

/** Looks and writes must stay such that nobody feels them: 200 a second at most. */
const LEAST_INTERVAL_MS = 5;

export const interval = duration.refine((ms) => ms >= LEAST_INTERVAL_MS, 'at least 5ms: a drill is no load test');
export const timeout = duration.refine((ms) => ms > 0, 'longer than nothing');

interface Times {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** How often a probe looks or a ledger writes, and how long it waits for an answer. */
export function rate(defaults: Times) {
  return z
    .strictObject({
      interval: interval.default(defaults.intervalMs),
      timeout: timeout.default(defaults.timeoutMs),
    })
    .prefault({});
}

export const connection = z.enum(['fresh', 'kept']).meta({
  description:
    'fresh: a connection for each request, as of a new user; kept: connections are used again (default: fresh)',
});

/** A rate as probes and ledgers take it. */
export function timesOf(rate: { readonly interval: number; readonly timeout: number }): Times {
  return { intervalMs: rate.interval, timeoutMs: rate.timeout };
}

export const expectation = z
  .strictObject({
    status: z.array(z.int().min(200).max(599)).min(1).optional(),
    text: z.string().min(1).optional(),
    json: z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .meta({
    description:
      'what a good answer looks like: its status (2xx), a text in its body, values in its JSON by path (database.status: healthy)',
  });

/** The API that users use, through the balancer. Every scenario watches it. */
export const apiSettings = z.strictObject({
  url: z.url(),
  path: z.string().startsWith('/').optional().meta({ description: 'what is asked for (/api/v1/health)' }),
  interval: interval.optional(),
  timeout: timeout.optional(),
  connection: connection.optional(),
  expect: expectation.optional().meta({
    description:
      'of an API whose health has a form of its own; without it the body must be a health body as the lab has it',
  }),
  component: z.string().min(1).optional().meta({
    description: "the component of the API's health that stands for the drilled stack, as the API names it",
  }),
});

function isRegExp(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}
