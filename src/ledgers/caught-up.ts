import { formatDuration } from '../core/duration.ts';
import type { Clock } from '../world/world.ts';

const POLL_MS = 100;

/**
 * Waits until a replica holds what its primary held. `behind` says what is still missing; undefined: nothing. Rejects when
 * the time is up: what a lagging replica lacks may still come, so that it is neither there nor lost.
 */
export async function caughtUp(
  clock: Pick<Clock, 'now' | 'sleep'>,
  { replica, waitMs }: { readonly replica: string; readonly waitMs: number },
  behind: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + waitMs;
  for (;;) {
    const missing = await behind();
    if (missing === undefined) return;
    signal.throwIfAborted();
    if (clock.now() >= until)
      throw new Error(
        `${replica} has not caught up within ${formatDuration(waitMs)} (${missing}), and what it lacks may still come: look at its replication`,
      );
    await clock.sleep(POLL_MS, signal);
  }
}
