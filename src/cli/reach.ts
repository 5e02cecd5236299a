import { basename, dirname, isAbsolute, join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { LabState } from '../core/lab-state.ts';
import type { Platform } from '../core/platform.ts';
import type { SessionStarted } from '../journal/events.ts';
import { readLabState } from '../lab/state.ts';
import { PLATFORMS } from '../platforms/index.ts';
import type { World } from '../world/world.ts';
import { lockFolder } from './lock-path.ts';

type Reach = SessionStarted['reach'];

/** How each platform of a session is made again by a process that has no configuration: `{ lab: { folder } }`. No secrets. */
export function platformsReach(ids: Iterable<string>, lab: LabState | undefined): Reach['platforms'] {
  return Object.fromEntries(
    [...ids].map((id): [string, JsonObject] => [id, lab === undefined ? {} : { folder: lab.folder }]),
  );
}

/** The platforms of a session from its journal alone. Rejects when one cannot be made here: its nodes cannot be restored. */
export async function platformsOf(
  world: World,
  { reach }: Pick<SessionStarted, 'reach'>,
): Promise<ReadonlyMap<string, Platform>> {
  const platforms = new Map<string, Platform>();
  for (const [id, how] of Object.entries(knownReach(reach).platforms)) {
    const make = PLATFORMS[id];
    if (make === undefined) throw unreachable(`this version of gameday has no platform "${id}"`);
    const folder = isJsonObject(how) ? how.folder : undefined;
    const lab = typeof folder === 'string' ? await readLabState(world, folder) : undefined;
    platforms.set(id, make(world, { lab }));
  }
  return platforms;
}

/**
 * The lock of a session's environment, for this process. On another machine, or where its folder cannot be made (any
 * more), the one that a session of this user would take.
 */
export async function lockPathOf(
  world: Pick<World, 'fs' | 'env'>,
  { reach }: Pick<SessionStarted, 'reach'>,
  host: string,
): Promise<string> {
  const { lockPath } = knownReach(reach);
  const own = join(lockFolder(world.env), basename(lockPath));
  if (host !== world.env.hostname || !isAbsolute(lockPath)) return own;
  return world.fs.makeFolder(dirname(lockPath), 0o700).then(
    () => lockPath,
    () => own,
  );
}

/** A journal of before there was a way to recover says nothing of it. */
function knownReach(reach: Reach | undefined): Reach {
  if (reach !== undefined) return reach;
  throw unreachable('its journal is of an older version, and does not say how the nodes are reached');
}

function unreachable(why: string): GamedayError {
  return new GamedayError({
    code: 'nodes-out-of-reach',
    message: why,
    hint: 'restore the nodes by hand, then look with gameday doctor',
    exitCode: EXIT.inconclusive,
  });
}
