import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { World } from '../world/world.ts';
import { lockFolder } from './lock-path.ts';
import { saysRestored } from './unclosed.ts';

/** Before a path in the list: that session has restored everything and closed its journal, whatever becomes of its folder. */
const CLOSED = 'closed ';

interface Entry {
  /** Absolute. It need not be there any more. */
  readonly folder: string;
  /** It is known to have left nothing broken. */
  readonly closed: boolean;
}

export interface PastSession extends Entry {
  readonly lockPath: string;
}

/**
 * Folders of sessions on this environment that may have left a node broken, and of the last one, wherever they are: the
 * next session may be started from another folder. The list stands beside the environment's lock, a path a line, and only
 * the lock's holder writes it.
 */
export async function pastSessions(world: Pick<World, 'fs'>, lockPath: string): Promise<readonly string[]> {
  return (await entriesOf(world, lockPath)).map(({ folder }) => folder);
}

async function entriesOf(world: Pick<World, 'fs'>, lockPath: string): Promise<readonly Entry[]> {
  const text = (await world.fs.readText(listPath(lockPath))) ?? '';
  const entries = text.split('\n').map((line) => {
    const closed = line.startsWith(CLOSED);
    return { folder: closed ? line.slice(CLOSED.length) : line, closed };
  });
  return entries.filter(({ folder }) => folder.startsWith('/'));
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
      past.push(...(await entriesOf(world, lockPath)).map((entry) => ({ ...entry, lockPath })));
    } catch (error) {
      warn(`${listPath(lockPath)} cannot be read, so sessions that it names are not known: ${messageOf(error)}`);
    }
  }
  return past;
}

/**
 * Adds a session, and drops those that have restored everything. One that is gone stays: its disk may only not be mounted.
 * Asked while the lock is held, before the first fault.
 */
export async function rememberSession(world: Pick<World, 'fs'>, lockPath: string, folder: string): Promise<void> {
  const open: string[] = [];
  for (const past of await entriesOf(world, lockPath)) {
    if (past.folder !== folder && !past.closed && !(await saysRestored(world, past.folder))) open.push(past.folder);
  }
  await writeList(world, lockPath, [...open, folder]);
}

/** Writes down that a session has restored everything and closed its journal. Asked while the lock is held. Never rejects: a session that stays open in the list is only looked at once more. */
export async function noteClosed(
  world: Pick<World, 'fs'>,
  lockPath: string,
  folder: string,
  warn: (text: string) => void,
): Promise<void> {
  try {
    const entries = await entriesOf(world, lockPath);
    if (!entries.some((entry) => entry.folder === folder && !entry.closed)) return;
    const lines = entries.map((entry) => `${entry.closed || entry.folder === folder ? CLOSED : ''}${entry.folder}`);
    await writeList(world, lockPath, lines);
  } catch (error) {
    warn(`${listPath(lockPath)} could not be written, so it names a session that is closed: ${messageOf(error)}`);
  }
}

function writeList(world: Pick<World, 'fs'>, lockPath: string, lines: readonly string[]): Promise<void> {
  return world.fs.write(listPath(lockPath), `${lines.join('\n')}\n`, 0o600);
}

/** The list's file beside a lock: no lock itself, and never to be taken as one, which would empty it. */
export function listPath(lockPath: string): string {
  return `${lockPath}.sessions`;
}
