import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errno.ts';
import { syncFolder } from './write-whole.ts';

/** A parent that may be written and not read cannot be synced, and some file systems sync no folder: the folder is there all the same. */
const CANNOT_SYNC = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'];

/**
 * Makes a folder and those above it. The name of each that was made survives a power cut: its parent is synced (fsync(2)).
 * Node's own `recursive` tries for ever where the file system has the parent and still says ENOENT, as /proc does: here
 * each folder is tried twice at most.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const parent = dirname(path);
  const error = await tryToMake(path, mode);
  if (error === undefined) return;
  if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
  await makeFolder(parent, mode);
  const again = await tryToMake(path, mode);
  if (again !== undefined) throw again;
}

/** Why there is no such folder afterwards; undefined when there is one, whoever made it. */
async function tryToMake(path: string, mode: number | undefined): Promise<unknown> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const isThere = codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory();
    return isThere ? undefined : error;
  }
  await syncFolder(dirname(path)).catch((error: unknown) => {
    if (!CANNOT_SYNC.includes(codeOf(error) ?? '')) throw error;
  });
  return undefined;
}
