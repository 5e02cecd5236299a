import { join, resolve } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import type { World } from '../world/world.ts';
import { findElsewhere, firstOf, unseenLines } from './find-elsewhere.ts';
import { say } from './say.ts';
import { shownPath } from './session-started.ts';
import { sessionNames } from './unclosed.ts';

export interface FoundSessions {
  /** Where they were looked for, for people; empty where there was nothing to look at. */
  readonly where: string;
  /** Absolute. */
  readonly folders: readonly string[];
  /** What could not be looked at and may have left a node broken, and what to do about it, a line each. */
  readonly unseen: readonly string[];
}

/**
 * Sessions that somebody may have to recover: below the sessions folder and, unless that was named, wherever else this user
 * has drilled from. What is known of and cannot be recovered from here is said on stderr. Throws a GamedayError (usage)
 * where there is nothing to look at.
 */
export async function findSessions(world: World, named: string | undefined): Promise<FoundSessions> {
  const sessions = resolve(world.env.cwd, named ?? 'sessions');
  const shown = shownPath(world, sessions);
  const isThere = await world.fs.exists(sessions);
  const here = (await sessionNames(world, sessions)).map((name) => join(sessions, name));
  const warn = (text: string): void => say(world.tty.err, `warning: ${text}\n`);
  const noneHere = new GamedayError({
    code: 'no-sessions',
    message: `there is no folder ${shown}: no session was looked at`,
    hint: 'go to where the drill was run, or name its folder: gameday recover --sessions FOLDER',
    exitCode: EXIT.usage,
  });
  if (named !== undefined && !isThere) throw noneHere;
  const elsewhere = await findElsewhere(world, here);
  for (const text of elsewhere.unread) warn(text);
  if (named !== undefined) {
    const others = [...elsewhere.unfinished, ...elsewhere.unseen.map(({ folder }) => folder)];
    if (others.length > 0)
      warn(`only ${shown} is looked at, not: ${firstOf(others).join(', ')} (gameday recover looks there too)`);
    return { where: `in ${shown}`, folders: here, unseen: [] };
  }
  for (const { folder, why } of elsewhere.leftAlone) warn(`left alone: ${folder}: ${why}`);
  for (const text of firstOf(elsewhere.unseen.map(({ folder, why }) => `${folder}: ${why}`)))
    warn(`not looked at: ${text}`);
  const unseen = unseenLines(elsewhere);
  if (!isThere && elsewhere.found.length + unseen.length === 0) throw noneHere;
  const places = [isThere ? `in ${shown}` : '', ...elsewhere.found].filter((place) => place !== '');
  return { where: places.join(', '), folders: [...here, ...elsewhere.found], unseen };
}
