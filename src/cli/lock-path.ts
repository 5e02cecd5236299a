import { join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { isoUtc } from '../core/time.ts';
import { sha256 } from '../journal/codec.ts';
import type { World } from '../world/world.ts';

/** The file whose kernel lock makes sure that one session at a time drills an environment. `id` is configured, or a lab's folder. */
export function lockPath(env: World['env'], id: string): string {
  const state = env.get('XDG_STATE_HOME');
  const base = state?.startsWith('/') ? state : join(env.home, '.local', 'state');
  // A path or an unusual name becomes a file name that is readable and still unique.
  const safe = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(id)
    ? id
    : `${id.replace(/[^A-Za-z0-9]+/g, '-').slice(-40)}-${sha256(id).slice(0, 12)}`;
  return join(base, 'gameday', 'locks', safe.replace(/^-+/, ''));
}

/** The session that drills this environment at the moment, in words; undefined when none does. */
export async function whoDrills(
  world: Pick<World, 'fs' | 'locks' | 'processes' | 'env' | 'clock'>,
  path: string,
): Promise<string | undefined> {
  if (!(await world.fs.exists(path))) return undefined;
  const owner = {
    ...world.processes.self,
    host: world.env.hostname,
    session: 'none, only looking',
    since: isoUtc(world.clock.wall()),
  };
  const answer = await world.locks.acquire(path, owner);
  if ('held' in answer) {
    await answer.held.release();
    return undefined;
  }
  return answer.owner === undefined
    ? 'another process'
    : `session ${answer.owner.session} (pid ${answer.owner.pid} on ${answer.owner.host})`;
}

/** Throws a GamedayError (refused) while a session drills this environment. */
export async function verifyNotDrilled(
  world: Pick<World, 'fs' | 'locks' | 'processes' | 'env' | 'clock'>,
  path: string,
): Promise<void> {
  const who = await whoDrills(world, path);
  if (who === undefined) return;
  throw new GamedayError({
    code: 'environment-busy',
    message: `this environment is being drilled by ${who}`,
    hint: 'wait until it has ended, or interrupt it with Ctrl-C: it then restores what it broke',
    exitCode: EXIT.inconclusive,
  });
}
