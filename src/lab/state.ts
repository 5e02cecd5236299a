import { basename, normalize } from 'node:path';
import { z } from 'zod';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { labDownCommand, labUpCommand } from '../core/lab-commands.ts';
import type { LabState } from '../core/lab-state.ts';
import type { World } from '../world/world.ts';
import { layout } from './layout.ts';

const ports = z.record(z.string(), z.int().min(1).max(65_535));

const process = z.strictObject({
  name: z.string().min(1),
  file: z.string().min(1),
  args: z.array(z.string()),
  cwd: z.string().min(1),
  env: z.record(z.string(), z.string()),
  runAs: z.string().min(1).optional(),
});

const prepare = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('remove-files'), paths: z.array(z.string().min(1)) }),
  z.strictObject({
    kind: z.literal('free-ipc'),
    autoctlPidFile: z.string().min(1),
    postmasterPidFile: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('follow-redis-master'),
    process: z.string().min(1),
    masterName: z.string().min(1),
    sentinels: z.array(z.strictObject({ host: z.string().min(1), port: z.int() })),
  }),
]);

const ready = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tcp'), port: z.int() }),
  z.strictObject({
    kind: z.literal('http'),
    url: z.url(),
    header: z.strictObject({ name: z.string(), not: z.string() }).optional(),
  }),
]);

const fields = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{8}$/),
  folder: z.string().startsWith('/'),
  createdAt: z.string(),
  phase: z.enum(['starting', 'up', 'stopping']),
  defaults: z.boolean(),
  nodes: z.array(
    z.strictObject({
      name: z.string().min(1),
      stack: z.string().min(1),
      folder: z.string().startsWith('/'),
      logFile: z.string().startsWith('/'),
      ports,
      processes: z.array(process).min(1),
      prepare: z.array(prepare),
      ready: z.array(ready),
    }),
  ),
  missing: z.array(z.strictObject({ stack: z.string(), reason: z.string() })),
  runFolder: z.string().startsWith('/'),
  secretsFolder: z.string().startsWith('/'),
});

/**
 * What the lab stops, removes and starts follows from this file: a damaged one must not lead out of the lab's own
 * folders, nor name two nodes alike.
 */
const labState = fields.superRefine((state, context) => {
  const wrong = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  const { folder, runFolder, nodes } = state;
  if (normalize(folder) !== folder || folder === '/') wrong(['folder'], 'no folder of a lab');
  const isRunFolder = basename(runFolder) === `gameday-${state.id}` || isBelow(runFolder, folder);
  if (normalize(runFolder) !== runFolder || !isRunFolder) wrong(['runFolder'], 'no run folder of this lab');
  if (!isBelow(state.secretsFolder, folder)) wrong(['secretsFolder'], 'not below the folder of the lab');
  const own = (path: string) => isBelow(path, folder) || isBelow(path, runFolder);
  for (const [index, node] of nodes.entries()) {
    const here = (...path: PropertyKey[]) => ['nodes', index, ...path];
    if (nodes.findIndex((one) => one.name === node.name) < index) wrong(here('name'), 'another node has this name');
    if (!own(node.folder)) wrong(here('folder'), 'not below the folders of the lab');
    if (!own(node.logFile)) wrong(here('logFile'), 'not below the folders of the lab');
    for (const [at, step] of node.prepare.entries())
      if (step.kind === 'remove-files' && !step.paths.every(own))
        wrong(here('prepare', at, 'paths'), 'not below the folders of the lab');
  }
});

function isBelow(path: string, folder: string): boolean {
  return normalize(path).startsWith(`${folder}/`);
}

/** The state of the lab in this folder, or undefined where there is none. Rejects with `lab-state-corrupt`. */
export async function findLabState(world: World, folder: string): Promise<LabState | undefined> {
  const path = layout.state(folder);
  const text = await world.fs.readText(path);
  if (text === undefined) return undefined;
  try {
    return withoutUndefined(labState.parse(JSON.parse(text)));
  } catch (error) {
    throw new GamedayError({
      code: 'lab-state-corrupt',
      message: `the lab's state file ${path} cannot be understood`,
      hint: `Take away what is left of the lab (${labDownCommand({ folder })}), then start it anew: ${labUpCommand({ folder })}`,
      exitCode: EXIT.inconclusive,
      cause: error instanceof z.ZodError ? new Error(z.prettifyError(error)) : new Error(messageOf(error)),
    });
  }
}

/** The state of a lab that is there. Rejects with `lab-not-running` or `lab-state-corrupt`. */
export async function readLabState(world: World, folder: string): Promise<LabState> {
  const state = await findLabState(world, folder);
  if (state !== undefined) return state;
  throw new GamedayError({
    code: 'lab-not-running',
    message: `no lab is running in ${folder}`,
    hint: `Start it: ${labUpCommand({ folder })}`,
    exitCode: EXIT.inconclusive,
  });
}

export async function writeLabState(world: World, state: LabState): Promise<void> {
  await world.fs.write(layout.state(state.folder), `${JSON.stringify(state, null, 2)}\n`, 0o600);
}

/** Reads one of the lab's random passwords. Rejects with an error that names the file. */
export async function readSecret(world: World, state: LabState, name: string): Promise<string> {
  const path = `${state.secretsFolder}/${name}`;
  const text = await world.fs.readText(path);
  if (text === undefined) throw new Error(`the lab's password file ${path} is gone`);
  return text.trim();
}

/** zod says `undefined` where our types say absent. */
function withoutUndefined(state: z.output<typeof fields>): LabState {
  return JSON.parse(JSON.stringify(state)) as LabState;
}
