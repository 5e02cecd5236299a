import { dirname } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isoUtc } from '../core/time.ts';
import type { BusyLock, HeldLock, LockHolder, LockOwner, World } from '../world/world.ts';

/** What a lock needs of the world. */
export type LockWorld = Pick<World, 'fs' | 'locks' | 'processes' | 'env' | 'clock'>;

/** The note of somebody who holds the lock for a moment only to see whether it is free. */
const LOOKING = 'none, only looking';
/** A look takes a few milliseconds: whoever means to stay tries again for so long. */
const LOOK_OVER_MS = 2_000;
const TRY_AGAIN_MS = 50;

/** Takes the environment's kernel lock: its holder is the only one who breaks, restores and writes the journal. Rejects when another session holds it. */
export async function holdEnvironment(world: LockWorld, path: string, session: string): Promise<HeldLock> {
  const answer = await tryPastLooks(world, path, session);
  if ('held' in answer) return answer.held;
  throw await busyError(world, path, answer);
}

/** Who holds the lock at this moment; undefined when nobody does. Takes it for a moment to find out, and changes nothing else. */
export async function whoHolds(world: LockWorld, path: string): Promise<GamedayError | undefined> {
  if (!(await world.fs.exists(path))) return undefined;
  const answer = await tryPastLooks(world, path, LOOKING);
  if (!('held' in answer)) return busyError(world, path, answer);
  await answer.held.release();
  return undefined;
}

/** The note of whoever holds the lock at this moment; undefined when nobody does, or it is not written yet. Looks as `whoHolds` does. */
export async function ownerOf(world: LockWorld, path: string): Promise<LockOwner | undefined> {
  if (!(await world.fs.exists(path))) return undefined;
  const answer = await tryPastLooks(world, path, LOOKING);
  if (!('held' in answer)) return answer.owner?.session === LOOKING ? undefined : answer.owner;
  await answer.held.release();
  return undefined;
}

/** Whoever only looks is gone in a moment, and is nobody who drills. */
async function tryPastLooks(world: LockWorld, path: string, session: string) {
  const giveUpAt = world.clock.now() + LOOK_OVER_MS;
  for (;;) {
    const answer = await tryEnvironment(world, path, session);
    if ('held' in answer || answer.owner?.session !== LOOKING || world.clock.now() >= giveUpAt) return answer;
    await world.clock.sleep(TRY_AGAIN_MS);
  }
}

async function tryEnvironment(world: LockWorld, path: string, session: string) {
  try {
    await world.fs.makeFolder(dirname(path), 0o700);
  } catch (cause) {
    throw new GamedayError({
      code: 'lock-unusable',
      message: `the folder for the lock ${path} cannot be made, so no other session can be kept out`,
      hint: 'Make it writable for this user, or set XDG_STATE_HOME to a folder that is, the same one for every session on this environment.',
      exitCode: EXIT.inconclusive,
      cause,
    });
  }
  return world.locks.acquire(path, {
    ...world.processes.self,
    host: world.env.hostname,
    session,
    since: isoUtc(world.clock.wall()),
  });
}

/**
 * Says who holds the lock, whether that process is alive, and how the lock is got free. The kernel alone decides that it
 * is held; the note and the processes only help a person. Age is never asked for: a long drill is no dead one.
 */
async function busyError(world: LockWorld, path: string, busy: BusyLock): Promise<GamedayError> {
  const { who, hint } = await describeHolder(world, path, busy);
  return new GamedayError({
    code: 'environment-busy',
    message: `this environment is being drilled by ${who}`,
    hint,
    exitCode: EXIT.inconclusive,
  });
}

async function describeHolder(
  world: LockWorld,
  path: string,
  { owner, holders }: BusyLock,
): Promise<{ readonly who: string; readonly hint: string }> {
  const seen = await look(holders);
  if (owner === undefined) {
    return { who: `another process, which has left no note${byText(seen)}`, hint: unknownHint(path, seen) };
  }
  const name = `session ${owner.session} (pid ${owner.pid} on ${owner.host}, since ${owner.since})`;
  if (owner.host !== world.env.hostname) {
    return {
      who: `${name}; whether it is alive cannot be seen from ${world.env.hostname}`,
      hint: `look on ${owner.host}: wait until it has ended, or interrupt it there (kill -INT ${owner.pid}): it then restores what it broke`,
    };
  }
  const alive = await isAlive(world, owner);
  const isOther = typeof seen !== 'string' && seen.length > 0 && !seen.some(({ pid }) => pid === owner.pid);
  if (alive !== false && !isOther) {
    return {
      who: `${name}, ${alive === true ? 'which is alive' : alive}`,
      hint: `wait until it has ended, or interrupt it (Ctrl-C, or kill -INT ${owner.pid}): it then restores what it broke`,
    };
  }
  const state = alive === false ? 'which has ended' : 'which is alive, and does not hold the lock';
  return { who: `${name}, ${state}; the lock is still held${byText(seen)}`, hint: unknownHint(path, seen) };
}

/** Processes that hold the lock, or why they cannot be named. */
async function look(holders: BusyLock['holders']): Promise<readonly LockHolder[] | string> {
  if (holders === undefined) return [];
  return holders().catch((error: unknown) => messageOf(error));
}

/** True or false as the kernel says, or why that is not known. */
async function isAlive(world: LockWorld, owner: NonNullable<BusyLock['owner']>): Promise<boolean | string> {
  try {
    return await world.processes.alive(owner);
  } catch (error) {
    return `of which nobody can say whether it is alive: ${messageOf(error)}`;
  }
}

function byText(seen: readonly LockHolder[] | string): string {
  if (typeof seen === 'string') return ` (by whom cannot be seen: ${seen})`;
  return seen.length === 0 ? '' : ` by ${seen.map(({ pid, name }) => `pid ${pid} (${name})`).join(' and ')}`;
}

/** The lock goes away with its holder: whoever that is has to be found and judged by a person. */
function unknownHint(path: string, seen: readonly LockHolder[] | string): string {
  if (typeof seen === 'string' || seen.length === 0)
    return `try again in a moment; if that does not help, find the process that has ${path} open (lslocks, or fuser -v ${path}) and end it`;
  const pids = seen.map(({ pid }) => pid);
  return `try again in a moment; if it is no gameday that restores (ps -fp ${pids.join(',')}), end it: kill ${pids.join(' ')}`;
}
