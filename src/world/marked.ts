import { readdir } from 'node:fs/promises';
import { codeOf } from './errno.ts';
import { createProcesses, refNow } from './processes.ts';

/** Every process that a command starts inherits this variable, wherever it goes: a group, a session and a parent can be left. */
export const COMMAND_MARK = 'GAMEDAY_COMMAND';

/** A process that is just beginning another program shows no environment: one scan that finds nothing may have missed it. */
const QUIET_SCANS = 2;

/**
 * Ends all processes with this mark, until it finds no other one or the signal aborts: what was begun during a scan is seen
 * by the next. One that has cleared its environment, or is another user's, is not found.
 */
export async function endMarked(mark: string, signal: AbortSignal): Promise<void> {
  const ended = new Set<string>();
  await untilQuiet(signal, async () => {
    const before = ended.size;
    // Not by the list of processes, which a system may show us only in part.
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    await Promise.all(pids.map((pid) => endIfMarked(pid, mark, ended, signal)));
    return ended.size > before;
  });
}

/** Scans again and again, until nothing was found several times in a row. */
export async function untilQuiet(signal: AbortSignal, scan: () => Promise<boolean>): Promise<void> {
  for (let quiet = 0; quiet < QUIET_SCANS && !signal.aborted; ) quiet = (await scan()) ? 0 : quiet + 1;
}

async function endIfMarked(pid: number, mark: string, ended: Set<string>, signal: AbortSignal): Promise<void> {
  const { environment } = createProcesses();
  if (signal.aborted || (await environment(pid, COMMAND_MARK)) !== mark) return;
  // Who had that number when the mark was read? Looked at again between two looks at the start time.
  const startTime = startTimeOf(pid);
  const name = `${pid}:${startTime}`;
  if (startTime === undefined || ended.has(name) || (await environment(pid, COMMAND_MARK)) !== mark) return;
  // In one go with the kill: a pid that was freed meanwhile is somebody else's.
  if (signal.aborted || startTimeOf(pid) !== startTime) return;
  ended.add(name);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}

function startTimeOf(pid: number): string | undefined {
  try {
    return refNow(pid)?.startTime;
  } catch {
    return undefined;
  }
}
