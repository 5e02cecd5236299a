import { join } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { folderStamp } from '../core/time.ts';
import type { World } from '../world/world.ts';

/** A session of all drills writes about 20 MB; less room than this would lose the journal in the middle of a drill. */
export const LEAST_FREE_BYTES = 100 * 1024 * 1024;

/** What names a session's folder. */
export interface NamedEnvironment {
  readonly name: string;
  readonly kind: string;
}

export interface SessionFolder {
  readonly id: string;
  readonly path: string;
}

/**
 * Makes `<sessions>/<UTC time>-<environment>` with mode 0700; where a lab has another name, `-lab` follows. Throws a GamedayError (refused) when it cannot be written
 * or there is too little room: a drill without its journal proves nothing, so it is not begun.
 */
export async function makeSessionFolder(
  world: Pick<World, 'fs' | 'clock'>,
  sessions: string,
  environment: NamedEnvironment,
): Promise<SessionFolder> {
  try {
    await world.fs.makeFolder(sessions);
    const id = await freeName(world, sessions, `${folderStamp(world.clock.wall())}-${suffixOf(environment)}`);
    const path = join(sessions, id);
    await world.fs.makeFolder(path, 0o700);
    const trial = join(path, '.writable');
    await world.fs.write(trial, 'ok\n', 0o600);
    await world.fs.remove(trial);
    await verifyRoom(world, path);
    return { id, path };
  } catch (error) {
    if (error instanceof GamedayError) throw error;
    throw refused(
      `the sessions folder ${sessions} cannot be written: ${messageOf(error)}`,
      'make it writable, or name another one with --sessions FOLDER',
    );
  }
}

/** A lab's sessions are practice, whatever it is called: git ignores the folders that end so. */
export function suffixOf({ name, kind }: NamedEnvironment): string {
  return kind !== 'lab' || name === 'lab' || name.endsWith('-lab') ? name : `${name}-lab`;
}

async function verifyRoom(world: Pick<World, 'fs'>, path: string): Promise<void> {
  const free = await world.fs.freeBytes(path);
  if (free >= LEAST_FREE_BYTES) return;
  await world.fs.remove(path);
  const mib = (bytes: number) => Math.floor(bytes / 1024 / 1024);
  throw refused(
    `only ${mib(free)} MiB are free for ${path}, a session needs ${mib(LEAST_FREE_BYTES)} MiB`,
    'make room, or name a folder on another disk with --sessions FOLDER',
  );
}

async function freeName(world: Pick<World, 'fs'>, sessions: string, wanted: string): Promise<string> {
  // The environment stays at the end, where .gitignore looks for it.
  const cut = wanted.indexOf('Z-') + 1;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted.slice(0, cut)}-${number}${wanted.slice(cut)}`;
    if (!(await world.fs.exists(join(sessions, name)))) return name;
  }
}

function refused(message: string, hint: string): GamedayError {
  return new GamedayError({
    code: 'sessions-folder',
    message: `refused before the first fault: ${message}`,
    hint,
    exitCode: EXIT.inconclusive,
  });
}
