import type { ChildProcess } from 'node:child_process';
import { codeOf } from './errno.ts';
import { refNow } from './processes.ts';

type Leader = Pick<ChildProcess, 'pid' | 'exitCode' | 'signalCode'>;

/** Ends a child of ours that leads a process group, with all that it has started there. What is gone, or not ours to end, is no error. */
export function killGroupOf(leader: Leader): void {
  const { pid } = leader;
  if (pid === undefined || pid <= 1 || !isStillOurs(leader, pid)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}

/** A leader that has ended leaves its number to its group, but once that is empty to anybody: who then has it leads a group of its own. */
function isStillOurs({ exitCode, signalCode }: Leader, pid: number): boolean {
  if (exitCode === null && signalCode === null) return true;
  try {
    return refNow(pid) === undefined;
  } catch {
    // Somebody whom we may not look at has it.
    return false;
  }
}
