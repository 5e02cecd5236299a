import type { LabNode, LabState } from '../../core/lab-state.ts';
import type { ProcessInfo, ProcessRef, World } from '../../world/world.ts';
import { pidsIn } from './cgroup.ts';
import { readAllLeaders, readLeaders } from './leaders.ts';
import { type Seen, takeSnapshot } from './snapshot.ts';

/** By what a process is known to belong to a node, or to a whole lab. */
export interface Belonging {
  isMarked(marker: string): boolean;
  /** Working folders below these belong to it, where the environment has been overwritten. */
  readonly folders: readonly string[];
  readonly leaders: readonly ProcessRef[];
  /** Where the machine has them. */
  readonly cgroups: readonly string[];
}

export async function belongingOfNode(world: World, state: LabState, node: LabNode): Promise<Belonging> {
  const leaders = await readLeaders(world, state.folder, node.name);
  return {
    isMarked: (marker) => marker === `${state.id}/${node.name}`,
    folders: [node.folder],
    leaders: leaders?.processes ?? [],
    cgroups: leaders?.cgroup ? [leaders.cgroup] : [],
  };
}

/** Everything of a lab; without an id (its state file is lost) by folders and recorded leaders alone. */
export async function belongingOfLab(
  world: World,
  lab: { readonly id: string | undefined; readonly folder: string; readonly runFolder: string | undefined },
): Promise<Belonging> {
  const leaders = await readAllLeaders(world, lab.folder);
  return {
    isMarked: (marker) => lab.id !== undefined && marker.startsWith(`${lab.id}/`),
    folders: lab.runFolder === undefined ? [lab.folder] : [lab.folder, lab.runFolder],
    leaders: leaders.flatMap((one) => one.processes),
    cgroups: leaders.flatMap((one) => one.cgroup ?? []),
  };
}

/**
 * All living processes that belong: by the marker in their environment; by a working folder below the node's, where
 * the environment is gone (Postgres writes its titles over it); by session or group of a recorded leader; and all their
 * children; and by cgroup, where there is one. One way alone does not do: Postgres' backends have sessions of their own, and orphans have no tree.
 */
export async function scan(world: World, belonging: Belonging): Promise<readonly ProcessInfo[]> {
  const all = await takeSnapshot(world);
  const present = new Map(all.map((one) => [one.info.pid, one.info]));
  const leaders = belonging.leaders.filter((leader) => {
    const now = present.get(leader.pid);
    return now === undefined || now.startTime === leader.startTime;
  });
  const inside = await Promise.all(belonging.cgroups.map((path) => pidsIn(world, path)));
  const found = new Set<number>(inside.flat());
  await Promise.all(
    all.map(async (one) => {
      const led = isLed(one.info, leaders) && !(await isStranger(world, one, belonging));
      if (led || (await isOwn(world, one, belonging))) found.add(one.info.pid);
    }),
  );
  for (let grown = true; grown; ) {
    grown = false;
    for (const { info } of all) {
      if (found.has(info.pid) || !found.has(info.parent)) continue;
      found.add(info.pid);
      grown = true;
    }
  }
  return all.map((one) => one.info).filter((info) => found.has(info.pid));
}

/** A leader's pid names its session and group for as long as one member lives, also after the leader itself has died. */
function isLed(one: ProcessInfo, leaders: readonly ProcessRef[]): boolean {
  return leaders.some(
    (leader) =>
      (one.session === leader.pid || one.group === leader.pid) && BigInt(one.startTime) >= BigInt(leader.startTime),
  );
}

/** The pid of a leader that died may have become another session's, whose own leader has died too. Whoever has an environment, and not our marker in it, was not started by us. */
async function isStranger(world: World, { info, marker }: Seen, belonging: Belonging): Promise<boolean> {
  return marker === undefined ? hasEnvironment(world, info) : !belonging.isMarked(marker);
}

async function isOwn(world: World, { info, marker, cwd }: Seen, belonging: Belonging): Promise<boolean> {
  if (marker !== undefined) return belonging.isMarked(marker);
  if (cwd === undefined || !belonging.folders.some((folder) => cwd === folder || cwd.startsWith(`${folder}/`))) {
    return false;
  }
  // A person's shell that stands in the node's folder has its environment, and is left alone.
  return !(await hasEnvironment(world, info));
}

/** False also for those that have written over theirs. */
async function hasEnvironment(world: World, { pid }: ProcessInfo): Promise<boolean> {
  const [path, home] = await Promise.all([
    world.processes.environment(pid, 'PATH'),
    world.processes.environment(pid, 'HOME'),
  ]);
  return path !== undefined || home !== undefined;
}
