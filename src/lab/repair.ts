import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { labDownCommand, labUpCommand } from '../core/lab-commands.ts';
import type { LabNode, LabState } from '../core/lab-state.ts';
import type { Inspection, NodeRef } from '../core/node.ts';
import { hintAtTakenPort } from '../platforms/lab/taken-ports.ts';
import { createLabPlatform } from '../platforms/lab.ts';
import type { World } from '../world/world.ts';
import { allOrNone, branch, type Lab, nodesOf, type OnStep, until } from './lab.ts';
import { isForeignRunFolder, markRunFolder } from './run-folder.ts';
import { STACK_KINDS } from './stacks.ts';
import { STACKS, type Stack } from './tools.ts';

const START_MS = 30_000;
const STOP_MS = 30_000;
/** For a node that is running but does not answer yet, before it is started again. */
const PATIENCE_MS = 20_000;
const HEALTHY_MS = 90_000;

/** True where the first start had ended and every folder is still there and the lab's own: then nodes can be started again one by one. */
export async function isWhole(world: World, state: LabState): Promise<boolean> {
  if (state.phase !== 'up' || (await isForeignRunFolder(world, state.runFolder, state.folder))) return false;
  const folders = [state.runFolder, state.secretsFolder, ...state.nodes.map((node) => node.folder)];
  const there = await Promise.all(folders.map((folder) => world.fs.exists(folder)));
  return there.every(Boolean);
}

/** Starts what is down, resumes what is paused, and resolves when every stack is well. Quick where nothing is wrong. */
export async function repairLab(lab: Lab, onStep: OnStep): Promise<LabState> {
  await markRunFolder(lab.world, lab.state);
  const stacks = STACKS.filter((stack) => nodesOf(lab, stack).length > 0);
  const failed = new AbortController();
  const shared: Lab = { ...lab, signal: AbortSignal.any([lab.signal, failed.signal]) };
  try {
    await allOrNone(
      stacks.map((stack) => repairStack(branch(shared), stack, onStep)),
      failed,
    );
  } catch (error) {
    throw new GamedayError({
      code: 'lab-not-repaired',
      message: messageOf(error),
      hint:
        hintAtTakenPort(error, lab.state) ??
        `Start it anew: ${labDownCommand(lab.state)}, then ${labUpCommand(lab.state)}`,
      exitCode: lab.signal.aborted ? EXIT.interrupted : EXIT.inconclusive,
      cause: error,
    });
  }
  return lab.state;
}

async function repairStack(lab: Lab, stack: Stack, onStep: OnStep): Promise<void> {
  const { clock } = lab.world;
  const began = clock.now();
  try {
    const names: string[] = [];
    const failed = new AbortController();
    const shared: Lab = { ...lab, signal: AbortSignal.any([lab.signal, failed.signal]) };
    const repair = async (node: LabNode): Promise<void> => {
      if (await repairNode(branch(shared), node)) names.push(node.name);
    };
    const [first, others] = partition(nodesOf(lab, stack), (node) => node.name === STACK_KINDS[stack].first);
    for (const node of first) await repair(node);
    await allOrNone(others.map(repair), failed);
    const detail = await until(lab, HEALTHY_MS, (at) => STACK_KINDS[stack].healthy(at));
    const what = names.length === 0 ? 'was up' : `started ${names.sort().join(', ')}`;
    onStep({ name: stack, ms: clock.now() - began, detail: `${what}; ${detail}` });
  } catch (error) {
    throw new Error(`${stack} did not come back: ${messageOf(error)}`, { cause: error });
  }
}

/** Resolves with true when something had to be done. */
async function repairNode(lab: Lab, node: LabNode): Promise<boolean> {
  const platform = createLabPlatform(lab.world, lab.state);
  const ref: NodeRef = { name: node.name, platform: platform.id, labels: {} };
  const look = (): Promise<Inspection> => platform.inspect(ref, lab.signal);
  const bounded = async (limitMs: number, act: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const deadline = lab.world.clock.deadline(limitMs, lab.signal);
    await act(deadline.signal).finally(() => deadline.cancel());
  };
  const isUp = (limitMs: number): Promise<string> =>
    until(lab, limitMs, async () => {
      const { state, detail } = await look();
      return { ok: state === 'up', detail: `${node.name} is ${state} (${detail})` };
    });

  if ((await look()).state === 'up') return false;
  await bounded(START_MS, (signal) => platform.start(ref, { signal }));
  try {
    await isUp(PATIENCE_MS);
  } catch (error) {
    if (lab.signal.aborted) throw error;
    // It runs and does not answer: a power cut and a second start, once.
    await bounded(STOP_MS, (signal) => platform.stop(ref, { signal }));
    await bounded(START_MS, (signal) => platform.start(ref, { signal }));
    await isUp(PATIENCE_MS);
  }
  return true;
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [first: T[], others: T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
