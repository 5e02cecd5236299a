import type { World } from '../../world/world.ts';

const IPCRM_MS = 2_000;

/** Lines of the two pid files, counted from 0: the semaphore's id, and key and id of the shared memory. */
const AUTOCTL_SEMAPHORE_LINE = 4;
const POSTMASTER_MEMORY_LINE = 6;

/**
 * Frees the semaphore of pg_autoctl and the shared memory of the postmaster, which no kernel frees when they are killed.
 * Each is freed only while its pid file stands and the kernel's table still has it as described, and the pid file goes
 * with it: an id may be given to someone else later.
 */
export async function freeIpc(
  world: World,
  files: { readonly autoctlPidFile: string; readonly postmasterPidFile: string },
): Promise<void> {
  const semaphore = Number((await lineOf(world, files.autoctlPidFile, AUTOCTL_SEMAPHORE_LINE)) ?? Number.NaN);
  // pg_autoctl asks for a private semaphore, so its key is 0.
  if (await isListed(world, '/proc/sysvipc/sem', { key: 0, id: semaphore })) await ipcrm(world, '-s', semaphore);
  await world.fs.remove(files.autoctlPidFile);

  const memory = (await lineOf(world, files.postmasterPidFile, POSTMASTER_MEMORY_LINE))?.trim().split(/\s+/) ?? [];
  const [key = Number.NaN, id = Number.NaN] = memory.map(Number);
  if (await isListed(world, '/proc/sysvipc/shm', { key, id })) await ipcrm(world, '-m', id);
  await world.fs.remove(files.postmasterPidFile);
}

async function lineOf(world: World, path: string, index: number): Promise<string | undefined> {
  const line = (await world.fs.readText(path))?.split('\n')[index];
  return line === undefined || line.trim() === '' ? undefined : line;
}

/** Both tables begin each row with key and id. */
async function isListed(world: World, table: string, wanted: { key: number; id: number }): Promise<boolean> {
  const rows = ((await world.fs.readText(table)) ?? '').split('\n').slice(1);
  return rows.some((row) => {
    const [key, id] = row.trim().split(/\s+/).map(Number);
    return key === wanted.key && id === wanted.id;
  });
}

async function ipcrm(world: World, flag: '-s' | '-m', id: number): Promise<void> {
  const result = await world.exec.run('ipcrm', [flag, String(id)], { timeoutMs: IPCRM_MS });
  if (result.exitCode !== 0)
    throw new Error(`ipcrm ${flag} ${id}: ${result.stderr.trim() || `exit ${result.exitCode}`}`);
}
