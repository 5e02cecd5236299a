import { codeOf } from './errno.ts';

/** Ends a child of ours that leads a process group, with all that it has started there. A group that is gone is no error. */
export function killGroupOf(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
