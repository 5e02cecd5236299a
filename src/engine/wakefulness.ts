import type { Clock } from '../world/world.ts';

/** Longer than any look takes. */
const REMEMBERED_MS = 120_000;
/** A look that ran out of time while this process stood still for more than that part of it proves nothing. */
const MOST_STANDING_STILL = 0.5;

interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Knows when this very process did not get to run: stopped, starved of its processor, or busy with itself. An answer that
 * came meanwhile was not read, and a request that was to go out did not: a look that ran out of time then says
 * something about us and nothing about the service.
 */
export class Wakefulness {
  private readonly clock: Clock;
  private readonly periodMs: number;
  private gaps: Gap[] = [];
  private lastMs: number;

  /** Gaps of less than twice the period are not seen. */
  constructor(clock: Clock, periodMs: number) {
    this.clock = clock;
    this.periodMs = periodMs;
    this.lastMs = clock.now();
  }

  /** Pays attention until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.lastMs = this.clock.now();
    while (!signal.aborted) {
      await this.clock.sleep(this.periodMs, signal);
      this.notice();
    }
  }

  /** How much of the time since a moment, at most two minutes ago, this process did not run, in ms. */
  stoodStillMs(sinceMs: number): number {
    // The end of a look may be dealt with before our own timer is.
    this.notice();
    return this.gaps.reduce((sum, gap) => sum + Math.max(0, gap.toMs - Math.max(gap.fromMs, sinceMs)), 0);
  }

  /** True where a look that ran out of time ran out of ours, and not of the service's. */
  wasOurs(startedAt: number, timeoutMs: number): boolean {
    return this.stoodStillMs(startedAt) > MOST_STANDING_STILL * timeoutMs;
  }

  private notice(): void {
    const now = this.clock.now();
    if (now - this.lastMs > 2 * this.periodMs) {
      this.gaps = this.gaps.filter((gap) => gap.toMs > now - REMEMBERED_MS);
      this.gaps.push({ fromMs: this.lastMs, toMs: now });
    }
    this.lastMs = now;
  }
}
