import { join } from 'node:path';
import type { LabNode, LabState } from '../../core/lab-state.ts';
import type { ActionOptions } from '../../core/platform.ts';
import type { World } from '../../world/world.ts';

const ROOT = '/sys/fs/cgroup';
const COMMAND_MS = 2_000;

/**
 * A cgroup of its own for a node, below ours, where this machine has nothing but cgroup v2 and lets us make one. It is
 * the only thing that no process can leave by itself. Undefined elsewhere: on a machine with v1 hierarchies, cgroups
 * belong to whoever set it up and are not touched.
 */
export async function makeCgroup(world: World, state: LabState, node: LabNode): Promise<string | undefined> {
  const own = /^0::(\/.*)$/.exec(((await world.fs.readText('/proc/self/cgroup')) ?? '').trim())?.[1];
  if (own === undefined || !(await world.fs.exists(join(ROOT, 'cgroup.controllers')))) return undefined;
  const path = join(ROOT, own, `gameday-${state.id}-${node.name}`);
  const made = await world.fs.makeFolder(path).then(
    () => true,
    // Read-only, not ours, or not allowed here: then it goes without.
    () => false,
  );
  if (!made) return undefined;
  // Older kernels (before 5.14) cannot kill a cgroup as one.
  if (await world.fs.exists(join(path, 'cgroup.kill'))) return path;
  await removeCgroup(world, path);
  return undefined;
}

/** Kills every process in the cgroup at once. What it misses is found by the scan that follows. */
export async function killCgroup(world: World, path: string, { signal, onCommand }: ActionOptions): Promise<void> {
  const file = join(path, 'cgroup.kill');
  if (!(await world.fs.exists(file))) return;
  // By a shell: these files are written to, and can neither be replaced nor synced. By `timeout`: should we die before the
  // command's pid is journaled, nobody else could end it, and the blow must not land on a node that was started again.
  const seconds = String(COMMAND_MS / 1_000);
  await world.exec.run('timeout', ['-s', 'KILL', seconds, '/bin/sh', '-c', 'echo 1 >"$0"', file], {
    timeoutMs: COMMAND_MS,
    signal,
    ...(onCommand && { onSpawn: onCommand }),
  });
}

/** Pids in the cgroup, also of those that have left session, group and environment behind. */
export async function pidsIn(world: World, path: string): Promise<readonly number[]> {
  const text = await world.fs.readText(join(path, 'cgroup.procs'));
  return (text ?? '').split('\n').filter(Boolean).map(Number);
}

/** Removes an empty cgroup; only rmdir can, as its files are not files. One that is gone is no error. */
export async function removeCgroup(world: World, path: string): Promise<void> {
  if (!(await world.fs.exists(path))) return;
  const result = await world.exec.run('rmdir', [path], { timeoutMs: COMMAND_MS });
  if (result.exitCode !== 0 && (await world.fs.exists(path))) throw new Error(`rmdir ${path}: ${result.stderr.trim()}`);
}
