import type { Clock } from '../world/world.ts';

export interface OpenLoopOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** How long the first tick is waited for (default: not at all), so that loops that begin together do not fire together. */
  readonly offsetMs?: number;
  /** More ticks than this never run at once; the ones that would are missed. */
  readonly maxInFlight: number;
  readonly signal: AbortSignal;
  /** Must not reject. */
  readonly tick: (scheduledAt: number) => Promise<void>;
  readonly missed: (scheduledAt: number, reason: 'late' | 'in-flight') => void;
}

/**
 * Fires on its own fixed schedule whatever earlier ticks do. A tick that could not start within half an interval is
 * missed and never made up for: a burst of late looks would measure the tool and not the service.
 * Resolves when the signal has aborted and every tick in flight has ended.
 */
export async function openLoop(options: OpenLoopOptions): Promise<void> {
  const { clock, intervalMs, offsetMs = 0, signal } = options;
  const running = new Set<Promise<void>>();
  let next = clock.now() + offsetMs;
  while (!signal.aborted) {
    const wait = next - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
    if (signal.aborted) break;
    const scheduledAt = next;
    next += intervalMs;
    if (clock.now() - scheduledAt > intervalMs / 2) {
      options.missed(scheduledAt, 'late');
      continue;
    }
    if (running.size >= options.maxInFlight) {
      options.missed(scheduledAt, 'in-flight');
      continue;
    }
    const tick = options.tick(scheduledAt);
    running.add(tick);
    void tick.finally(() => running.delete(tick));
  }
  await Promise.all(running);
}
