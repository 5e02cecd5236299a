import type { LabNode, LabPrepare } from '../../core/lab-state.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { World } from '../../world/world.ts';
import { askSentinelsForMaster } from './redis-master.ts';
import { freeIpc } from './sysv-ipc.ts';

/** Arguments that a process gets in addition to its own at this start, by the process's name. */
export type ExtraArgs = Readonly<Record<string, readonly string[]>>;

export interface PrepareOptions {
  readonly signal: AbortSignal;
  /** False after a reboot, or before the first start: ids in pid files then mean nothing here. */
  readonly sameBoot: boolean;
}

/** Clears what a hard kill left behind and finds out what a right start needs. Only to be called while the node is down. */
export async function prepareNode(world: World, node: LabNode, options: PrepareOptions): Promise<ExtraArgs> {
  const extra: Record<string, readonly string[]> = {};
  for (const step of node.prepare) Object.assign(extra, await prepareStep(world, node, step, options));
  return extra;
}

async function prepareStep(world: World, node: LabNode, step: LabPrepare, options: PrepareOptions): Promise<ExtraArgs> {
  switch (step.kind) {
    case 'remove-files':
      for (const path of step.paths) await world.fs.remove(path);
      return {};
    case 'free-ipc':
      if (options.sameBoot) await freeIpc(world, step);
      return {};
    case 'follow-redis-master': {
      const master = await askSentinelsForMaster(world, step, options.signal);
      if (master === undefined || master.port === node.ports.redis) return {};
      return { [step.process]: ['--replicaof', master.host, String(master.port)] };
    }
    default:
      return unreachable(step);
  }
}
