import { dirname } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { isoUtc } from '../core/time.ts';
import type { HeldLock, World } from '../world/world.ts';

/** Takes the environment's kernel lock: its holder is the only one who breaks, restores and writes the journal. Rejects when another session holds it. */
export async function holdEnvironment(world: World, path: string, session: string): Promise<HeldLock> {
  await world.fs.makeFolder(dirname(path), 0o700);
  const answer = await world.locks.acquire(path, {
    ...world.processes.self,
    host: world.env.hostname,
    session,
    since: isoUtc(world.clock.wall()),
  });
  if ('held' in answer) return answer.held;
  const { owner } = answer;
  const who =
    owner === undefined
      ? 'another process'
      : `session ${owner.session} (pid ${owner.pid} on ${owner.host}, since ${owner.since})`;
  throw new GamedayError({
    code: 'environment-busy',
    message: `this environment is being drilled by ${who}`,
    hint: "wait until it has ended; the lock is the kernel's and goes away with its holder",
    exitCode: EXIT.inconclusive,
  });
}
