import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { World } from '../world/world.ts';
import { lockFolder } from './lock-path.ts';
import { saysRestored } from './unclosed.ts';

/**
 * Folders of sessions on this environment that may have left a node broken, wherever they are: the next session may be
 * started from another folder. The list stands beside the environment's lock, a path a line, and only the lock's holder
 * writes it.
 */
export async function pastSessions(world: Pick<World, 'fs'>, lockPath: string): Promise<readonly string[]> {
  const text = (await world.fs.readText(listPath(lockPath))) ?? '';
  return text.split('\n').filter((line) => line.startsWith('/'));
}

export interface PastSession {
  /** Absolute. It need not be there any more. */
  readonly folder: string;
  readonly lockPath: string;
}

/** The same of all environments that this user has drilled. Lists that cannot be read are named to `warn` and left out. */
export async function everyPastSession(
  world: Pick<World, 'fs' | 'env'>,
  warn: (text: string) => void,
): Promise<readonly PastSession[]> {
  const locks = lockFolder(world.env);
  const past: PastSession[] = [];
  for (const name of (await world.fs.list(locks)) ?? []) {
    const lockPath = join(locks, name);
    try {
      past.push(...(await pastSessions(world, lockPath)).map((folder) => ({ folder, lockPath })));
    } catch (error) {
      warn(`${listPath(lockPath)} cannot be read, so sessions that it names are not known: ${messageOf(error)}`);
    }
  }
  return past;
}

/** Adds a session, and drops those that have restored everything or are gone. Asked while the lock is held, before the first fault. */
export async function rememberSession(world: Pick<World, 'fs'>, lockPath: string, folder: string): Promise<void> {
  const open: string[] = [];
  for (const past of await pastSessions(world, lockPath)) {
    if (past !== folder && (await mayBeOpen(world, past))) open.push(past);
  }
  await world.fs.write(listPath(lockPath), `${[...open, folder].join('\n')}\n`, 0o600);
}

async function mayBeOpen(world: Pick<World, 'fs'>, folder: string): Promise<boolean> {
  return (await world.fs.exists(join(folder, 'journal.jsonl'))) && !(await saysRestored(world, folder));
}

/** The list's file beside a lock: no lock itself, and never to be taken as one, which would empty it. */
export function listPath(lockPath: string): string {
  return `${lockPath}.sessions`;
}
