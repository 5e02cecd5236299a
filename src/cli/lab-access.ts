import { resolve } from 'node:path';
import type { LabBase } from '../config/load.ts';
import { EXIT, GamedayError } from '../core/errors.ts';
import { labDownCommand, labUpCommand } from '../core/lab-commands.ts';
import type { LabState } from '../core/lab-state.ts';
import { labSettings } from '../lab/settings.ts';
import { findLabState } from '../lab/state.ts';
import { LEFT_OUT } from '../lab/tools.ts';
import type { World } from '../world/world.ts';

const LAB_FOLDER = '.gameday';

/** The lab's folder as it was asked for, absolute; it need not exist. */
export function labFolder(world: Pick<World, 'env'>, option: string | undefined): string {
  return resolve(world.env.cwd, option ?? LAB_FOLDER);
}

/** The lab that is up in the folder; undefined where there is none. An interrupted `lab up` or `lab down` is an error with its way out. */
export async function findRunningLab(world: World, option: string | undefined): Promise<LabState | undefined> {
  const folder = labFolder(world, option);
  const state = await findLabState(world, folder);
  if (state === undefined || state.phase === 'up') return state;
  throw new GamedayError({
    code: 'lab-half-way',
    message: `the lab in ${folder} is half-way: \`lab ${state.phase === 'starting' ? 'up' : 'down'}\` did not come to its end`,
    hint: `${labUpCommand(state)} repairs it, ${labDownCommand(state)} takes it away`,
    exitCode: EXIT.usage,
  });
}

/** The lab as a configuration. Throws a GamedayError where its state file leaves out what that needs. */
export function labBase(state: LabState): LabBase {
  try {
    const nodes = state.nodes.map(({ name }) => name);
    return { folder: state.folder, settings: labSettings(state), nodes };
  } catch (cause) {
    throw new GamedayError({
      code: 'lab-state-corrupt',
      message: `the state file of the lab in ${state.folder} is not complete`,
      hint: `take away what is left of the lab (${labDownCommand(state)}), then start it anew: ${labUpCommand(state)}`,
      exitCode: EXIT.inconclusive,
      cause,
    });
  }
}

/** How a lab that is up comes to the stacks that it lacks: `lab up` adds none to it. */
export function hintAtMissing(state: LabState): string {
  const { missing } = state;
  const skipped = missing.filter(({ reason }) => reason === LEFT_OUT).map(({ stack }) => stack);
  const install =
    missing.length > skipped.length ? 'install what is missing (npm run drill does that in the repository), ' : '';
  const without = skipped.length === 0 ? '' : ` without --skip ${skipped.join(',')}`;
  return `take the lab down first: ${labDownCommand(state)}, ${install}then ${labUpCommand(state)}${without}`;
}
