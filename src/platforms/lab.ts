import { messageOf } from '../core/errors.ts';
import type { LabNode, LabState } from '../core/lab-state.ts';
import type { Inspection, NodeRef } from '../core/node.ts';
import type { ActionOptions, Platform } from '../core/platform.ts';
import { shellWord } from '../core/shell-word.ts';
import type { ProcessInfo, World } from '../world/world.ts';
import { followLog } from './lab/follow-log.ts';
import { describe, isStopped, killAll, signalAll } from './lab/kill.ts';
import { launch } from './lab/launch.ts';
import { readLeaders } from './lab/leaders.ts';
import { type Belonging, belongingOfNode, scan } from './lab/members.ts';
import { prepareNode } from './lab/prepare.ts';
import { notReady } from './lab/ready.ts';
import { verifyPortsFree } from './lab/taken-ports.ts';

/** The lab's nodes: groups of plain processes on this machine. A stop is a power cut, SIGKILL to everything at once. */
export function createLabPlatform(world: World, state: LabState): Required<Platform> {
  const nodes = new Map(state.nodes.map((node) => [node.name, node]));

  const find = (ref: NodeRef): LabNode => {
    const node = nodes.get(ref.name);
    if (node === undefined) throw new Error(`${ref.name}: the lab in ${state.folder} has no such node`);
    return node;
  };
  const owned = (node: LabNode) => (): Promise<Belonging> => belongingOfNode(world, state, node);
  /** Every error names the node. */
  const act = async (ref: NodeRef, action: (node: LabNode) => Promise<void>): Promise<void> => {
    const node = find(ref);
    try {
      await action(node);
    } catch (error) {
      throw new Error(`${node.name}: ${messageOf(error)}`, { cause: error });
    }
  };

  return {
    id: 'lab',
    inspect: (ref, signal) => inspectNode(world, state, find(ref), signal),
    byHand: (action, ref) =>
      `gameday lab ${action === 'resume' ? 'start' : action} ${ref.name} --lab-dir ${shellWord(state.folder)}`,
    stop: (ref, options) => act(ref, (node) => killAll(world, owned(node), options)),
    start: (ref, options) => act(ref, (node) => startNode(world, state, node, options)),
    pause: (ref, { signal }) => act(ref, (node) => signalAll(world, owned(node), 'SIGSTOP', signal)),
    resume: (ref, { signal }) => act(ref, (node) => signalAll(world, owned(node), 'SIGCONT', signal)),
    logs: (ref, signal) => followLog(world, find(ref).logFile, signal),
  };
}

/**
 * `down`: no process lives. `paused`: stopped by SIGSTOP. `up`: every named process lives and all that must answer does.
 * Anything between is `starting`, also a node that has lost one of its processes.
 */
export async function inspectNode(
  world: World,
  state: LabState,
  node: LabNode,
  signal: AbortSignal,
): Promise<Inspection> {
  const { alive, missing } = await namedProcesses(world, state, node);
  if (missing.length > 0) {
    const members = await scan(world, await belongingOfNode(world, state, node));
    if (members.length === 0) return { state: 'down', detail: 'no process' };
    if (members.every(isStopped)) return { state: 'paused', detail: `stopped: ${describe(members)}` };
    return { state: 'starting', detail: `${missing.join(' and ')} not running; there is ${describe(members)}` };
  }
  // Before anything is asked: the kernel takes connections for a stopped server.
  if (alive.some(isStopped)) return { state: 'paused', detail: `stopped: ${describe(alive)}` };
  const waiting = await notReady(world, node, signal);
  return waiting === undefined ? { state: 'up', detail: describe(alive) } : { state: 'starting', detail: waiting };
}

/** The processes that the node's description names: those that live, and the names of those that do not. */
async function namedProcesses(
  world: World,
  state: LabState,
  node: LabNode,
): Promise<{ readonly alive: readonly ProcessInfo[]; readonly missing: readonly string[] }> {
  const leaders = await readLeaders(world, state.folder, node.name);
  const alive: ProcessInfo[] = [];
  const missing: string[] = [];
  for (const { name } of node.processes) {
    const leader = leaders?.processes.find((one) => one.name === name);
    const info = leader === undefined ? undefined : await world.processes.info(leader.pid);
    if (info !== undefined && info.startTime === leader?.startTime) alive.push(info);
    else missing.push(name);
  }
  return { alive, missing };
}

/** Resumes what is paused, leaves alone what runs, and clears away the rest of a half-dead node before it starts it anew. */
async function startNode(world: World, state: LabState, node: LabNode, options: ActionOptions): Promise<void> {
  const { signal } = options;
  const owned = (): Promise<Belonging> => belongingOfNode(world, state, node);
  if ((await namedProcesses(world, state, node)).missing.length === 0) {
    await signalAll(world, owned, 'SIGCONT', signal);
    return;
  }
  await killAll(world, owned, options);
  const sameBoot = (await readLeaders(world, state.folder, node.name)) !== undefined;
  const extra = await prepareNode(world, node, { signal, sameBoot });
  await verifyPortsFree(world, node, signal);
  if (signal.aborted) throw new Error('not started: the time was up');
  await launch(world, state, node, node.processes, extra);
}
