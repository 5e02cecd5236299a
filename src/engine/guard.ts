import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import { isOutOfTime } from '../world/await.ts';
import type { HeldLock, Leash, ProcessRef, World } from '../world/world.ts';
import type { Recovered } from './recover.ts';

/** How long a tool may be silent before it is ended. It renews each second. */
export const LEASE_MS = 10_000;

const TICK_MS = 500;
/** More than this between two ticks, and it was the guard itself that stood still. */
const LONGEST_TICK_MS = 2 * TICK_MS;
const LOCK_EVERY_MS = 250;
const RECOVER_ATTEMPTS = 5;
const PAUSE_BETWEEN_ATTEMPTS_MS = 2_000;

export interface GuardInput {
  readonly world: Pick<World, 'clock' | 'processes'>;
  readonly tool: ProcessRef;
  readonly leash: Leash;
  readonly leaseMs: number;
  /** Tries once, without waiting. Undefined while another process holds the environment's lock. Must not reject. */
  readonly lock: () => Promise<HeldLock | undefined>;
  /** Looks at the journal and restores; asked only while the lock is held. */
  readonly recover: (reason: string) => Promise<Recovered>;
}

/**
 * Watches the tool and does nothing while it renews its lease. When it dies, or hangs past its lease and is ended, the
 * lock falls to the guard, which then recovers. Rejects when the journal could not be looked at, attempts included; a disk
 * that does not answer is waited for, however long.
 */
export async function keepGuard(input: GuardInput): Promise<Recovered | 'dismissed'> {
  const { clock } = input.world;
  const reason = await watch(input);
  if (reason === undefined) return 'dismissed';
  let lock = await input.lock();
  while (lock === undefined) {
    await clock.sleep(LOCK_EVERY_MS);
    lock = await input.lock();
  }
  try {
    for (let failed = 0; ; ) {
      try {
        return await input.recover(reason);
      } catch (error) {
        // A disk that hangs may answer again, and nobody else would restore then.
        if (!isOutOfTime(error)) failed += 1;
        if (failed === RECOVER_ATTEMPTS) throw error;
        await clock.sleep(PAUSE_BETWEEN_ATTEMPTS_MS);
      }
    }
  } finally {
    await lock.release();
  }
}

/** Why the guard takes over; undefined when it was dismissed. */
async function watch(input: GuardInput): Promise<string | undefined> {
  const { world, leash, leaseMs, tool } = input;
  const over = new AbortController();
  let end: 'dismissed' | 'gone' | undefined;
  let silentMs = 0;
  let seenAt = world.clock.now();
  leash.onRenew(() => {
    silentMs = 0;
    seenAt = world.clock.now();
  });
  void leash.ended.then((value) => {
    end = value;
    over.abort();
  });
  // Time in which we stood still ourselves (stopped, or the whole machine) is not the tool's, and its renewals may lie
  // in the pipe: they are read before the next tick.
  const isSilent = (sinceMs: number): boolean =>
    end === undefined && silentMs > leaseMs && world.clock.now() - sinceMs <= LONGEST_TICK_MS;
  while (end === undefined) {
    const tickAt = world.clock.now();
    await world.clock.sleep(TICK_MS, over.signal);
    const now = world.clock.now();
    silentMs += Math.min(now - seenAt, LONGEST_TICK_MS);
    seenAt = now;
    const hung = isSilent(tickAt) ? await endTool(input, () => isSilent(now)) : undefined;
    if (hung !== undefined) return hung;
  }
  return end === 'dismissed' ? undefined : `gameday (pid ${tool.pid}) died before it had closed its journal`;
}

/**
 * A tool that is ended never resumes: not by SIGCONT, and not when its disk answers again. Undefined when it has spoken, or
 * dismissed us, while its process was looked up, or when we stood still then: it is left alone.
 */
async function endTool(
  { world, tool, leaseMs }: GuardInput,
  isStillSilent: () => boolean,
): Promise<string | undefined> {
  const hung = `gameday (pid ${tool.pid}) gave no sign of life for ${formatDuration(leaseMs)}`;
  try {
    const alive = await world.processes.alive(tool);
    if (!isStillSilent()) return undefined;
    if (!alive) return `${hung}, and its process is gone`;
    world.processes.kill(tool.pid, 'SIGKILL');
    return `${hung}, so it was ended`;
  } catch (error) {
    // Without the lock nothing is touched, whatever the tool does: it is waited for.
    return `${hung}, and it could not be ended: ${messageOf(error)}`;
  }
}
