import type { LabNode } from '../../core/lab-state.ts';
import type { NodeRef } from '../../core/node.ts';
import { type Lab, nodeNamed, until } from '../../lab/lab.ts';
import { readLeaders } from '../../platforms/lab/leaders.ts';
import { createLabPlatform } from '../../platforms/lab.ts';

const UP_MS = 30_000;

type Action = 'stop' | 'start' | 'pause' | 'resume';

/** Does something to nodes by name, to all of them at once: some servers are well only together. */
export async function act(lab: Lab, action: Action, names: readonly string[]): Promise<void> {
  const platform = createLabPlatform(lab.world, lab.state);
  await Promise.all(names.map((name) => platform[action](refOf(name), { signal: lab.signal })));
}

/** A power cut and a start, until the node is up again. */
export async function restart(lab: Lab, name: string): Promise<void> {
  await act(lab, 'stop', [name]);
  await act(lab, 'start', [name]);
  const platform = createLabPlatform(lab.world, lab.state);
  await until(lab, UP_MS, async ({ signal }) => {
    const { state, detail } = await platform.inspect(refOf(name), signal);
    return { ok: state === 'up', detail: `${name} is ${state} (${detail})` };
  });
}

/** The process that the lab started for this node. */
export async function pidOf({ world, state }: Lab, name: string): Promise<number> {
  const [leader] = (await readLeaders(world, state.folder, name))?.processes ?? [];
  if (leader === undefined || !(await world.processes.alive(leader))) throw new Error(`${name} does not run`);
  return leader.pid;
}

export function has(lab: Pick<Lab, 'state'>, name: string): boolean {
  return lab.state.nodes.some((node) => node.name === name);
}

/** Nodes whose log went elsewhere get it back only by a start. */
export async function rotateLogs({ world, state }: Lab, names: readonly string[]): Promise<void> {
  // A new file in its place, as a careless rotation leaves it: the server goes on writing into the one that is gone.
  for (const node of named({ state }, names)) await world.fs.write(node.logFile, '', 0o600);
}

function named(lab: Pick<Lab, 'state'>, names: readonly string[]): readonly LabNode[] {
  return names.map((name) => nodeNamed(lab, name));
}

function refOf(name: string): NodeRef {
  return { name, platform: 'lab', labels: {} };
}
