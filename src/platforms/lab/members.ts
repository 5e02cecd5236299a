import type { LabNode, LabState } from '../../core/lab-state.ts';
import type { ProcessInfo, ProcessRef, World } from '../../world/world.ts';
import { readAllLeaders, readLeaders } from './leaders.ts';

/** Environment variable that every process of a lab inherits: `<lab id>/<node>`. */
export const MARKER = 'GAMEDAY_LAB';

/** By what a process is known to belong to a node, or to a whole lab. */
export interface Belonging {
  isMarked(marker: string): boolean;
  /** Working folders below these belong to it, where the environment has been overwritten. */
  readonly folders: readonly string[];
  readonly leaders: readonly ProcessRef[];
}

export async function belongingOfNode(world: World, state: LabState, node: LabNode): Promise<Belonging> {
  const leaders = await readLeaders(world, state.folder, node.name);
  return {
    isMarked: (marker) => marker === `${state.id}/${node.name}`,
    folders: [node.folder],
    leaders: leaders?.processes ?? [],
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
  };
}

/**
 * All living processes that belong: by the marker in their environment; by a working folder below the node's, where
 * the environment is gone (Postgres writes its titles over it); by session or group of a recorded leader; and all their
 * children. One way alone does not do: Postgres' backends have sessions of their own, and orphans have no tree.
 */
export async function scan(world: World, belonging: Belonging): Promise<readonly ProcessInfo[]> {
  const all = (await world.processes.list()).filter(
    (one) => one.pid > 1 && one.pid !== world.processes.self.pid && one.state !== 'Z' && one.state !== 'X',
  );
  const present = new Map(all.map((one) => [one.pid, one]));
  const leaders = belonging.leaders.filter((leader) => {
    const now = present.get(leader.pid);
    return now === undefined || now.startTime === leader.startTime;
  });
  const found = new Set<number>();
  await Promise.all(
    all.map(async (one) => {
      if (isLed(one, leaders) || (await isOwn(world, one, belonging))) found.add(one.pid);
    }),
  );
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of all) {
      if (found.has(one.pid) || !found.has(one.parent)) continue;
      found.add(one.pid);
      grown = true;
    }
  }
  return all.filter((one) => found.has(one.pid));
}

/** A leader's pid names its session and group for as long as one member lives, also after the leader itself has died. */
function isLed(one: ProcessInfo, leaders: readonly ProcessRef[]): boolean {
  return leaders.some(
    (leader) =>
      (one.session === leader.pid || one.group === leader.pid) && BigInt(one.startTime) >= BigInt(leader.startTime),
  );
}

async function isOwn(world: World, one: ProcessInfo, belonging: Belonging): Promise<boolean> {
  const marker = await world.processes.environment(one.pid, MARKER);
  if (marker !== undefined) return belonging.isMarked(marker);
  const cwd = await world.processes.cwd(one.pid);
  if (cwd === undefined || !belonging.folders.some((folder) => cwd === folder || cwd.startsWith(`${folder}/`))) {
    return false;
  }
  // A person's shell that stands in the node's folder has its environment, and is left alone.
  const [path, home] = await Promise.all([
    world.processes.environment(one.pid, 'PATH'),
    world.processes.environment(one.pid, 'HOME'),
  ]);
  return path === undefined && home === undefined;
}
