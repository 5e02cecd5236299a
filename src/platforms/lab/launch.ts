import { messageOf } from '../../core/errors.ts';
import type { LabNode, LabProcess, LabState } from '../../core/lab-state.ts';
import type { ProcessRef, World } from '../../world/world.ts';
import { makeCgroup } from './cgroup.ts';
import { type Leaders, readLeaders, writeLeaders } from './leaders.ts';
import type { ExtraArgs } from './prepare.ts';
import { MARKER } from './snapshot.ts';

/**
 * Servers rewrite files with passwords in them, so nobody else may read what they write. And they are born into their
 * node's cgroup, named by $0, where there is one. The line it writes takes the log's shared offset to its end: HAProxy
 * takes O_APPEND off its output, and a second start would otherwise write over the log of the first. The script is
 * constant; what it runs are its arguments.
 */
const CRADLE = 'umask 077; if [ -n "$0" ]; then echo 0 >"$0/cgroup.procs"; fi; echo "--- the lab starts $1"; exec "$@"';

/**
 * Starts the given processes of a node in order, each in a session of its own with the lab's marker, and records them
 * beside those that were started before. Rejects with the node, the process and the cause.
 */
export async function launch(
  world: World,
  state: LabState,
  node: LabNode,
  processes: readonly LabProcess[],
  extra: ExtraArgs = {},
): Promise<void> {
  const known = await readLeaders(world, state.folder, node.name);
  const names = new Set(processes.map((one) => one.name));
  const started: Leaders['processes'][number][] = (known?.processes ?? []).filter((one) => !names.has(one.name));
  const cgroup = (await makeCgroup(world, state, node)) ?? null;
  const record = (): Promise<void> =>
    writeLeaders(world, state.folder, node.name, { bootId: world.env.bootId, cgroup, processes: started });
  if (cgroup !== null) await record();
  for (const process of processes) {
    const command = commandOf(world, process, extra[process.name]);
    const ref = await launchOne(world, state, node, process, ['-c', CRADLE, cgroup ?? '', ...command]);
    started.push({ name: process.name, pid: ref.pid, startTime: ref.startTime });
    await record();
  }
}

async function launchOne(
  world: World,
  state: LabState,
  node: LabNode,
  process: LabProcess,
  args: readonly string[],
): Promise<ProcessRef> {
  try {
    return await world.processes.startDetached('/bin/sh', args, {
      cwd: process.cwd,
      env: environmentOf(state, node.name, process.env),
      logFile: node.logFile,
    });
  } catch (error) {
    throw new Error(`${node.name}: ${process.name} could not be started: ${messageOf(error)}`, { cause: error });
  }
}

/** The environment of anything that runs for a node, with the marker by which it is found again. */
export function environmentOf(
  state: Pick<LabState, 'id'>,
  node: string,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...own, [MARKER]: `${state.id}/${node}` };
}

/** Program and arguments, with the change of user where the lab runs as root and the server refuses root. */
export function commandOf(
  world: World,
  process: Pick<LabProcess, 'file' | 'args' | 'runAs'>,
  extra: readonly string[] = [],
): readonly string[] {
  const plain = [process.file, ...process.args, ...extra];
  if (process.runAs === undefined || world.env.uid !== 0) return plain;
  return ['setpriv', '--reuid', process.runAs, '--regid', process.runAs, '--init-groups', '--', ...plain];
}
