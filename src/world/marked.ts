import { codeOf } from './errno.ts';
import { createProcesses, refNow } from './processes.ts';
import type { ProcessRef } from './world.ts';

/** Every process that a command starts inherits this variable, wherever it goes: a group, a session and a parent can be left. */
export const COMMAND_MARK = 'GAMEDAY_COMMAND';

/**
 * Ends all processes with this mark, until a scan finds no other one: what was begun during a scan is seen by the next.
 * One that has cleared its environment, or is another user's, is not found.
 */
export async function endMarked(mark: string): Promise<void> {
  const processes = createProcesses();
  const ended = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    const all = await processes.list();
    const marks = await Promise.all(all.map(({ pid }) => processes.environment(pid, COMMAND_MARK)));
    for (const [index, one] of all.entries()) {
      const name = `${one.pid}:${one.startTime}`;
      if (marks[index] !== mark || ended.has(name)) continue;
      ended.add(name);
      found = true;
      endOne(one);
    }
  }
}

/** In one go with the look at its start time: a pid that was freed meanwhile is somebody else's. */
function endOne({ pid, startTime }: ProcessRef): void {
  if (refNow(pid)?.startTime !== startTime) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}
