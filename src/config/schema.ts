import { z } from 'zod';
import { parseDuration } from '../core/duration.ts';

/** What config must know about a scenario; the registry of scenarios is handed in by cli. */
export interface ScenarioSchema {
  readonly id: string;
  readonly title: string;
  /** How many nodes one strike stops. */
  readonly stops: number;
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

const namePattern = z
  .string()
  .regex(/^[A-Za-z0-9*][A-Za-z0-9._*-]{0,62}$/, 'a name, in which * stands for any characters')
  .meta({ description: 'a name, in which * stands for any characters' });

const server = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'a URL like http://127.0.0.1:9090' }),
});

/** A name goes to a program as an argument: it must be no option, and no pattern that means several. */
const argument = (pattern: RegExp, description: string) => z.string().regex(pattern).meta({ description });

const logSource = z.union([
  z.strictObject({ file: z.string().startsWith('/').meta({ description: 'an absolute path' }) }),
  z.strictObject({ journald: argument(/^[A-Za-z0-9@_][A-Za-z0-9@_:.\\-]{0,254}$/, 'the name of a systemd unit') }),
  z.strictObject({ docker: argument(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'the name or id of a container') }),
]);

const folder = z.string().min(1).meta({ description: 'a folder, relative to this file' });

/** The whole of gameday.yaml. */
export function configSchema(scenarios: readonly ScenarioSchema[]) {
  return z.strictObject({
    version: z.literal(1).meta({ description: 'version of this file format: 1' }),
    environment: z.strictObject({
      name: name.meta({ description: 'name of the environment; stands in folder names and reports' }),
      kind: z.enum(['lab', 'staging', 'production']).meta({
        description:
          'lab, staging or production; before production is broken its name must be typed, or given by --confirm',
      }),
      id: name
        .optional()
        .meta({ description: 'identity of the environment for the lock, where several names mean one environment' }),
    }),
    protected: z.array(namePattern).default([]).meta({
      description:
        'names of environments that are guarded as production is, whatever their kind; * stands for any characters, capitals count as small letters',
    }),
    prometheus: server
      .extend({
        jobs: z.array(z.string().min(1)).optional().meta({
          description:
            "jobs that are looked at in every drill, such as the API's: metrics that stand still are a finding",
        }),
      })
      .optional(),
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
        errorRun: duration.optional().meta({
          description:
            'a run of errors that users see and no scenario expects, after which the drill ends (twice limits.badRun)',
        }),
        errors: z.int().min(1).optional().meta({
          description:
            'how many errors of that kind end the drill (default: as many as there are looks in its observe phase)',
        }),
        alerts: z
          .array(z.string().min(1))
          .optional()
          .meta({ description: 'names of alerts that end the drill when they begin to fire while a node is down' }),
        components: z.record(z.string(), z.string().min(1)).optional().meta({
          description:
            "the stack behind each component of the API's health (database: postgres); one that goes unhealthy while another stack is drilled ends the drill",
        }),
      })
      .default({}),
    logs: z
      .strictObject({
        nodes: z.record(z.string(), logSource).default({}).meta({
          description:
            'where the log of a node is that a scenario expects lines from (default: where its platform has it): an absolute path, a systemd unit or a container of this machine',
        }),
      })
      .prefault({}),
    sessions: folder.optional(),
    runbooks: folder.optional(),
  });
}

export type ConfigShape = z.output<ReturnType<typeof configSchema>>;
