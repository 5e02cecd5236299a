import { readdir, readFile, readlink } from 'node:fs/promises';
import { unlessMissing } from './errno.ts';
import { parseProcStat } from './proc-stat.ts';
import type { LockHolder } from './world.ts';

/** Processes come and go while we look, and those of other users are closed to us. */
const OUT_OF_SIGHT = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'];

/**
 * Who holds the flock on this file: the processes whose descriptor the kernel shows with the lock. /proc/locks would name
 * the process that once asked for it, which may be gone. `path` is the real path, as the kernel spells it.
 */
export async function findHolders(path: string): Promise<readonly LockHolder[]> {
  const pids = ((await unlessMissing(readdir('/proc'), OUT_OF_SIGHT)) ?? []).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => holderAt(pid, path)));
  return found.filter((one) => one !== undefined).sort((a, b) => a.pid - b.pid);
}

async function holderAt(pid: string, path: string): Promise<LockHolder | undefined> {
  const descriptors = (await unlessMissing(readdir(`/proc/${pid}/fd`), OUT_OF_SIGHT)) ?? [];
  for (const fd of descriptors) {
    // By name and not by stat: a descriptor on a file system that hangs must not hang us.
    if ((await unlessMissing(readlink(`/proc/${pid}/fd/${fd}`), OUT_OF_SIGHT)) !== path) continue;
    const info = await unlessMissing(readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8'), OUT_OF_SIGHT);
    if (info === undefined || !holdsFlock(info)) continue;
    const stat = await unlessMissing(readFile(`/proc/${pid}/stat`, 'utf8'), OUT_OF_SIGHT);
    return { pid: Number(pid), name: (stat === undefined ? undefined : parseProcStat(stat)?.name) ?? 'unknown' };
  }
  return undefined;
}

/** `lock:	1: FLOCK  ADVISORY  WRITE 4711 00:1b:9 0 EOF`, a line of /proc/PID/fdinfo/FD. */
export function holdsFlock(fdinfo: string): boolean {
  return /^lock:\s.*\bFLOCK\b.*\bWRITE\b/m.test(fdinfo);
}
