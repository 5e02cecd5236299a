import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { labDownCommand, labUpCommand } from '../core/lab-commands.ts';
import type { LabState } from '../core/lab-state.ts';
import type { World } from '../world/world.ts';
import type { Blueprint } from './blueprint.ts';
import { endProcesses, labDown } from './down.ts';
import { allOrNone, branch, type Lab, nodesOf, type OnStep } from './lab.ts';
import { prepareLab } from './prepare.ts';
import { isWhole, repairLab } from './repair.ts';
import { STACK_KINDS } from './stacks.ts';
import { findLabState, writeLabState } from './state.ts';
import { STACKS, type Stack } from './tools.ts';

const SHOWN_ENTRIES = 3;

export interface UpOptions {
  /** Made where it is missing; one that holds anything but a lab is refused. */
  readonly folder: string;
  /** The servers' shipped defaults instead of the tuned settings. */
  readonly defaults: boolean;
  readonly skip: readonly Stack[];
  readonly onStep: OnStep;
  readonly signal: AbortSignal;
}

/**
 * Brings the lab up and resolves when every stack is well. A lab that runs is left alone, one with dead nodes is
 * repaired, and one whose first start never ended is started anew. Rejects with a GamedayError; then no process is left
 * running, and files and logs are kept until `lab down` or the next `lab up`.
 */
export async function labUp(world: World, options: UpOptions): Promise<LabState> {
  await world.fs.makeFolder(options.folder, 0o700);
  const folder = await world.fs.realPath(options.folder);
  const began = world.clock.now();
  // A file that cannot be read is of no use for a repair, and `labDown` finds the processes without it.
  const found = await findLabState(world, folder).catch(() => undefined);
  if (found !== undefined && (await isWhole(world, found))) {
    verifySameKind(found, options);
    return repairLab({ world, state: found, signal: options.signal }, options.onStep);
  }
  if (await labDown(world, folder, { signal: options.signal })) {
    options.onStep({ name: 'leftovers', ms: world.clock.now() - began, detail: 'an unfinished lab was cleared away' });
    await world.fs.makeFolder(folder, 0o700);
  } else {
    await verifyEmpty(world, folder);
  }
  return startAnew(world, { ...options, folder });
}

/** What a lab makes in its folder is removed by `lab down`: nobody else's may stand there under the same names. */
async function verifyEmpty(world: World, folder: string): Promise<void> {
  const entries = (await world.fs.list(folder)) ?? [];
  if (entries.length === 0) return;
  const shown = entries.slice(0, SHOWN_ENTRIES).join(', ');
  throw new GamedayError({
    code: 'lab-folder-not-empty',
    message: `${folder} is not empty and holds no lab: ${shown}${entries.length > SHOWN_ENTRIES ? ', …' : ''}`,
    hint: 'Name an empty or new folder: gameday lab up --lab-dir FOLDER',
    exitCode: EXIT.usage,
  });
}

async function startAnew(world: World, options: UpOptions): Promise<LabState> {
  const began = world.clock.now();
  const { state, blueprint } = await prepareLab(world, options);
  options.onStep({ name: 'prepared', ms: world.clock.now() - began, detail: options.folder });
  // The first failure ends the wait for all the others.
  const failed = new AbortController();
  const lab: Lab = { world, state, signal: AbortSignal.any([options.signal, failed.signal]) };
  const stacks = STACKS.filter((stack) => nodesOf(lab, stack).length > 0);
  try {
    await allOrNone(
      stacks.map((stack) => bootStack(branch(lab), blueprint, stack, options.onStep)),
      failed,
    );
  } catch (error) {
    await endProcesses(world, state);
    throw explained(state, error, options.signal);
  }
  const up: LabState = { ...state, phase: 'up' };
  await writeLabState(world, up);
  return up;
}

async function bootStack(lab: Lab, blueprint: Blueprint, stack: Stack, onStep: OnStep): Promise<void> {
  const began = lab.world.clock.now();
  try {
    const detail = await STACK_KINDS[stack].boot(lab, blueprint);
    onStep({ name: stack, ms: lab.world.clock.now() - began, detail });
  } catch (error) {
    throw new Error(`${stack} did not come up: ${messageOf(error)}`, { cause: error });
  }
}

function verifySameKind(state: LabState, options: UpOptions): void {
  const kind = (defaults: boolean): string => (defaults ? 'the shipped defaults' : 'tuned settings');
  // Not by its nodes: the API belongs to the balancer's stack and is there without it.
  const running = options.skip.filter((stack) => !state.missing.some((one) => one.stack === stack));
  if (state.defaults === options.defaults && running.length === 0) return;
  const difference =
    running.length > 0
      ? `has ${running.join(' and ')}, which --skip leaves out`
      : `runs with ${kind(state.defaults)}, and ${kind(options.defaults)} are asked for`;
  throw new GamedayError({
    code: 'lab-differs',
    message: `the lab in ${state.folder} ${difference}`,
    hint: `Take it down first: ${labDownCommand(state)}`,
    exitCode: EXIT.usage,
  });
}

function explained(state: LabState, error: unknown, signal: AbortSignal): GamedayError {
  if (signal.aborted) {
    return new GamedayError({
      code: 'lab-up-interrupted',
      message: 'the lab was not brought up: interrupted; its processes were ended',
      hint: `Start it again (${labUpCommand(state)}), or remove its files: ${labDownCommand(state)}`,
      exitCode: EXIT.interrupted,
      cause: error,
    });
  }
  return new GamedayError({
    code: 'lab-not-up',
    message: messageOf(error),
    hint: `Look at the logs in ${state.folder}/logs, then start it again: ${labUpCommand(state)}`,
    exitCode: EXIT.inconclusive,
    cause: error,
  });
}
