import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';

/** What config must know about a scenario; the registry of scenarios is handed in by cli. */
export interface ScenarioSchema {
  readonly id: string;
  readonly title: string;
  readonly schema: z.ZodType;
}

/** A duration with its unit, as milliseconds in the program. */
const duration = z
  .string()
  .meta({ description: 'a duration with its unit: 250ms, 10s, 1m30s', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      context.addIssue({ code: 'custom', message: 'not a duration: write it with its unit, like 250ms, 10s or 1m30s' });
      return z.NEVER;
    }
    return ms;
  });

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash and underscore, 63 at most')
  .meta({ description: 'letters, digits, dot, dash and underscore, 63 at most' });

const server = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'a URL like http://127.0.0.1:9090' }),
});

const folder = z.string().min(1).meta({ description: 'a folder, relative to this file' });

/** The whole of gameday.yaml. */
export function configSchema(scenarios: readonly ScenarioSchema[]) {
  return z.strictObject({
    version: z.literal(1).meta({ description: 'version of this file format: 1' }),
    environment: z.strictObject({
      name: name.meta({ description: 'name of the environment; stands in folder names and reports' }),
      kind: z
        .enum(['lab', 'staging', 'production'])
        .meta({ description: 'lab, staging or production; production asks for the name to be typed' }),
      id: name
        .optional()
        .meta({ description: 'identity of the environment for the lock, where several names mean one environment' }),
    }),
    prometheus: server.optional(),
    alertmanager: server.optional(),
    scenarios: z
      .strictObject(
        Object.fromEntries(
          scenarios.map(({ id, title, schema }) => [id, schema.optional().meta({ description: title })]),
        ),
      )
      .default({}),
    limits: z
      .strictObject({
        badRun: duration.optional().meta({ description: 'longest run of bad answers at what users use (30s)' }),
        alertWithin: duration.optional().meta({ description: 'fault to alert in Alertmanager (60s)' }),
      })
      .default({}),
    abort: z
      .strictObject({
        errorRun: duration
          .optional()
          .meta({ description: 'a run of errors that users see and no scenario expects, after which the drill ends' }),
      })
      .default({}),
    sessions: folder.optional(),
    runbooks: folder.optional(),
  });
}

export type ConfigShape = z.output<ReturnType<typeof configSchema>>;
