import { join } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { labDownCommand } from '../core/lab-commands.ts';
import type { LabState } from '../core/lab-state.ts';
import { removeCgroup } from '../platforms/lab/cgroup.ts';
import { killAll } from '../platforms/lab/kill.ts';
import { belongingOfLab } from '../platforms/lab/members.ts';
import { freeIpc } from '../platforms/lab/sysv-ipc.ts';
import type { World } from '../world/world.ts';
import type { OnStep } from './lab.ts';
import { isStateFile, LAB_ENTRIES, layout } from './layout.ts';
import { placeOfPostgres } from './nodes/postgres.ts';
import { findRunFolders, isForeignRunFolder, readRunMark } from './run-folder.ts';
import { findLabState, writeLabState } from './state.ts';

const KILL_MS = 30_000;
const POSTGRES_NODES = ['pg-monitor', 'pg-1', 'pg-2'] as const;

export interface DownOptions {
  readonly onStep?: OnStep;
  readonly signal?: AbortSignal;
}

/** One lab as far as it is known: its id and run folder may be lost with its state file. */
interface Remains {
  readonly folder: string;
  readonly id: string | undefined;
  readonly runFolder: string | undefined;
}

/**
 * Ends every process of the lab in this folder and removes everything it has made: files, sockets, semaphores, shared
 * memory. Works on a lab in any state, and where its state file is damaged or lost. Resolves with false, and touches
 * nothing, where neither a state file nor a run folder says that a lab is here: a folder named `logs` may be anybody's.
 * Rejects with a GamedayError that says what is left.
 */
export async function labDown(world: World, folder: string, options: DownOptions = {}): Promise<boolean> {
  if (!(await world.fs.exists(folder))) return false;
  const real = await world.fs.realPath(folder);
  const state = await findLabState(world, real).catch(() => undefined);
  const all = await remainsOf(world, real, state);
  if (all.every(({ id }) => id === undefined) && (await ownStateFiles(world, real)).length === 0) return false;

  if (state !== undefined) await writeLabState(world, { ...state, phase: 'stopping' });
  for (const remains of all) {
    await timed(world, options, 'processes', () => endProcesses(world, remains, options.signal));
    await timed(world, options, 'files', () => removeFiles(world, remains));
  }
  return true;
}

/** Ends every process of a lab and leaves its files for inspection. */
export async function endProcesses(world: World, remains: Remains, signal?: AbortSignal): Promise<void> {
  const deadline = world.clock.deadline(KILL_MS, signal);
  try {
    await killAll(world, () => belongingOfLab(world, remains), { signal: deadline.signal });
    for (const path of (await belongingOfLab(world, remains)).cgroups) await removeCgroup(world, path);
  } catch (error) {
    throw new GamedayError({
      code: 'lab-not-down',
      message: `the lab in ${remains.folder} could not be ended: ${messageOf(error)}`,
      hint: `End these processes by hand (kill -9 PID), then: ${labDownCommand(remains)}`,
      exitCode: EXIT.internal,
      cause: error,
    });
  } finally {
    deadline.cancel();
  }
}

async function remainsOf(world: World, folder: string, state: LabState | undefined): Promise<readonly Remains[]> {
  const found = await findRunFolders(world, folder);
  const all: Remains[] = found.map(({ id, runFolder }) => ({ folder, id, runFolder }));
  if (state !== undefined && !all.some(({ id }) => id === state.id)) {
    const foreign = await isForeignRunFolder(world, state.runFolder, folder);
    all.push({ folder, id: state.id, runFolder: foreign ? undefined : state.runFolder });
  }
  return all.length > 0 ? all : [{ folder, id: undefined, runFolder: undefined }];
}

/** To be called when no process is left. What says that a lab is here goes last: until then `lab down` can be repeated. */
async function removeFiles(world: World, { folder, runFolder }: Remains): Promise<void> {
  const mark = runFolder === undefined ? undefined : await readRunMark(world, runFolder);
  if (runFolder !== undefined && mark?.bootId === world.env.bootId) await freeMemory(world, folder, runFolder);
  await Promise.all(LAB_ENTRIES.map((entry) => world.fs.remove(join(folder, entry))));
  if (runFolder !== undefined) await world.fs.remove(runFolder);
  for (const name of await ownStateFiles(world, folder)) await world.fs.remove(join(folder, name));
  if (((await world.fs.list(folder)) ?? []).length === 0) await world.fs.remove(folder);
}

/** State files that are ours, or that nobody can read any more: another program's `lab.json` is another program's. */
async function ownStateFiles(world: World, folder: string): Promise<readonly string[]> {
  const own: string[] = [];
  for (const name of ((await world.fs.list(folder)) ?? []).filter(isStateFile))
    if (!isForeign((await world.fs.readText(join(folder, name))) ?? '')) own.push(name);
  return own;
}

/** JSON that is whole, and in which a lab's state has neither its id nor its run folder. */
function isForeign(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return !isJsonObject(value) || (value.id === undefined && value.runFolder === undefined);
  } catch {
    return false;
  }
}

/** Postgres' nodes live in one of two places (see prepare.ts); where there is no pid file nothing is freed. */
async function freeMemory(world: World, folder: string, runFolder: string): Promise<void> {
  for (const name of POSTGRES_NODES) {
    for (const base of [layout.node(folder, name), join(runFolder, 'nodes', name)]) {
      const { data, runtime } = placeOfPostgres(base, runFolder, name);
      await freeIpc(world, {
        autoctlPidFile: join(runtime, 'pg_autoctl', data, 'pg_autoctl.pid'),
        postmasterPidFile: join(data, 'postmaster.pid'),
      });
    }
  }
}

async function timed(world: World, options: DownOptions, name: string, action: () => Promise<void>): Promise<void> {
  const began = world.clock.now();
  await action();
  options.onStep?.({ name, ms: world.clock.now() - began, detail: name === 'processes' ? 'none left' : 'removed' });
}
