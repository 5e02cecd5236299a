import { join } from 'node:path';
import { type LockWorld, whoHolds } from '../engine/lock.ts';
import { sha256 } from '../journal/codec.ts';
import type { World } from '../world/world.ts';

/** The file whose kernel lock makes sure that one session at a time drills an environment. `id` is configured, or a lab's folder. */
export function lockPath(env: World['env'], id: string): string {
  // A path or an unusual name becomes a file name that is readable and still unique.
  const safe = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(id)
    ? id
    : `${id.replace(/[^A-Za-z0-9]+/g, '-').slice(-40)}-${sha256(id).slice(0, 12)}`;
  return join(lockFolder(env), safe.replace(/^-+/, ''));
}

/** Where this user's locks are. */
export function lockFolder(env: World['env']): string {
  const state = env.get('XDG_STATE_HOME');
  const base = state?.startsWith('/') ? state : join(env.home, '.local', 'state');
  return join(base, 'gameday', 'locks');
}

/** Throws a GamedayError (refused) while a session drills this environment. */
export async function verifyNotDrilled(world: LockWorld, path: string): Promise<void> {
  const busy = await whoHolds(world, path);
  if (busy !== undefined) throw busy;
}
