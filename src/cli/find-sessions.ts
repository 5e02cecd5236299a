import { basename, join, resolve } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { leftBehind } from '../engine/index.ts';
import { ownerOf } from '../engine/lock.ts';
import { layout } from '../lab/layout.ts';
import { patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { everyPastSession, type PastSession } from './past-sessions.ts';
import { say } from './say.ts';
import { shownPath } from './session-started.ts';
import { saysRestored, sessionNames } from './unclosed.ts';

export interface FoundSessions {
  /** Where they were looked for, for people. */
  readonly where: string;
  /** Absolute. */
  readonly folders: readonly string[];
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
  const elsewhere = named === undefined ? await findElsewhere(world, here) : [];
  if (!isThere && elsewhere.length === 0) {
    throw new GamedayError({
      code: 'no-sessions',
      message: `there is no folder ${shown}: no session was looked at`,
      hint: 'go to where the drill was run, or name its folder: gameday recover --sessions FOLDER',
      exitCode: EXIT.usage,
    });
  }
  const places = [isThere ? `in ${shown}` : '', ...elsewhere].filter((place) => place !== '');
  return { where: places.join(', '), folders: [...here, ...elsewhere] };
}

async function findElsewhere(world: World, here: readonly string[]): Promise<readonly string[]> {
  const warn = (text: string): void => say(world.tty.err, `warning: ${text}\n`);
  const known = new Set(await Promise.all(here.map((folder) => world.fs.realPath(folder))));
  const found: string[] = [];
  for (const past of await everyPastSession(world, warn)) {
    const { folder } = past;
    try {
      // Another disk may hang: nodes that can be restored do not wait for it.
      const { real, why } = await patiently(world.clock, () => lookAt(world, past));
      if (known.has(real)) continue;
      known.add(real);
      if (why === undefined) found.push(folder);
      else warn(`left alone: ${folder}: ${why}`);
    } catch (error) {
      warn(`not looked at: ${folder}: ${messageOf(error)}`);
    }
  }
  return found;
}

/** Where a session's folder really is, and why it is none of this recovery's business. Rejects where it cannot be looked at. */
async function lookAt(
  world: World,
  { folder, lockPath }: PastSession,
): Promise<{ readonly real: string; readonly why?: string }> {
  if (!(await world.fs.exists(join(folder, 'journal.jsonl'))))
    throw new Error('it is not there (removed, or its disk is not mounted)');
  const real = await world.fs.realPath(folder);
  if (await saysRestored(world, folder)) return { real };
  if ((await ownerOf(world, lockPath))?.session === basename(folder))
    return { real, why: 'it is running, and its own process restores what it breaks' };
  const { view } = (await leftBehind(world, folder)) ?? {};
  for (const how of Object.values(view?.started?.reach?.platforms ?? {})) {
    if (isJsonObject(how) && typeof how.folder === 'string' && !(await world.fs.exists(layout.state(how.folder))))
      return { real, why: `the lab in ${how.folder} is gone, and its nodes with it` };
  }
  return { real };
}
