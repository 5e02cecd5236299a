import type { ActionOptions } from '../../core/platform.ts';
import type { ProcessInfo, World } from '../../world/world.ts';
import { killCgroup } from './cgroup.ts';
import { type Belonging, scan } from './members.ts';

const PAUSE_MS = 10;

/**
 * SIGKILL to everything that belongs, again and again until two looks in a row find nothing: while one process is
 * being killed another may start a third. Rejects with the survivors' pids when the signal aborts first.
 */
export async function killAll(
  world: World,
  belonging: () => Promise<Belonging>,
  options: ActionOptions,
): Promise<void> {
  const { signal } = options;
  let last: readonly ProcessInfo[] = [];
  // Whoever gave up before the blow must not see it land.
  signal.throwIfAborted();
  // At once, before the first look at the whole machine: the moment of the power cut.
  const { cgroups, leaders } = await belonging();
  signal.throwIfAborted();
  for (const path of cgroups) await killCgroup(world, path, options);
  for (const leader of leaders) {
    if (await world.processes.alive(leader)) world.processes.killGroup(leader.pid, 'SIGKILL');
  }
  for (let quiet = 0; quiet < 2; ) {
    if (signal.aborted) throw new Error(`still alive when the time was up: ${describe(last)}`);
    last = await scan(world, await belonging());
    quiet = last.length === 0 ? quiet + 1 : 0;
    for (const one of last) world.processes.kill(one.pid, 'SIGKILL');
    if (quiet < 2) await world.clock.sleep(PAUSE_MS, signal);
  }
}

/** Sends SIGSTOP or SIGCONT until every process that belongs is in that state. */
export async function signalAll(
  world: World,
  belonging: () => Promise<Belonging>,
  name: 'SIGSTOP' | 'SIGCONT',
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const all = await scan(world, await belonging());
    const others = all.filter((one) => isStopped(one) !== (name === 'SIGSTOP'));
    if (others.length === 0) return;
    if (signal.aborted) throw new Error(`${name} has not reached ${describe(others)} when the time was up`);
    for (const one of others) world.processes.kill(one.pid, name);
    for (const one of all.filter((child) => others.some((parent) => holdsUp(child, parent))))
      world.processes.kill(one.pid, 'SIGCONT');
    await world.clock.sleep(PAUSE_MS, signal);
  }
}

/**
 * A parent in vfork sleeps, deaf to SIGSTOP, until its child has begun a program of its own (vfork(2)). A child that was
 * stopped before that has to go on first; the next round stops both.
 */
function holdsUp(child: ProcessInfo, parent: ProcessInfo): boolean {
  return child.parent === parent.pid && isStopped(child) && parent.state === 'D';
}

export function isStopped(one: ProcessInfo): boolean {
  return one.state === 'T' || one.state === 't';
}

export function describe(processes: readonly ProcessInfo[]): string {
  if (processes.length === 0) return 'nothing seen yet';
  const shown = processes.slice(0, 5).map((one) => `${one.pid} (${one.name})`);
  return processes.length > 5 ? `${shown.join(', ')} and ${processes.length - 5} more` : shown.join(', ');
}
