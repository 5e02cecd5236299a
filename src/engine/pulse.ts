import { classify, type Outcome } from '../core/outcome.ts';
import type { Facts } from '../core/probe.ts';

interface Beat {
  readonly user: boolean;
  last?: { readonly outcome: string; readonly good: boolean; readonly detail: string };
  badSince?: number;
  lastBad?: number;
}

/** A named state that something users use told of: since when, and until when it is known. Starts of looks, CLOCK_MONOTONIC in ms. */
export interface Told {
  readonly value: string;
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** What every series of looks says at this moment. Ends phases and aborts drills; verdicts come from the journal alone. */
export class Pulse {
  private readonly beats = new Map<string, Beat>();
  private readonly told = new Map<string, Told>();
  private armedAt: number | undefined;
  private errors = 0;

  expect(name: string, user: boolean): void {
    this.beats.set(name, { user });
  }

  /** The faults begin: what users see go wrong from now on is counted. */
  arm(nowMs: number): void {
    this.armedAt ??= nowMs;
  }

  /** Errors of looks at what users use, of those that were started since the faults began. */
  userErrors(): number {
    return this.errors;
  }

  /** What a probe that is marked `user` read. An old answer that comes late undoes no newer one. */
  facts(name: string, facts: Facts, startedAt: number): void {
    if (this.beats.get(name)?.user !== true) return;
    for (const [key, value] of Object.entries(facts)) {
      const before = this.told.get(key);
      if (before !== undefined && before.lastMs > startedAt) continue;
      this.told.set(key, {
        value,
        sinceMs: before?.value === value ? before.sinceMs : startedAt,
        lastMs: startedAt,
      });
    }
  }

  fact(key: string): Told | undefined {
    return this.told.get(key);
  }

  sample(name: string, outcome: Outcome, detail: string | undefined, startedAt: number): void {
    this.beat(name, classify(outcome) === 'good', classify(outcome) === 'bad', outcome, detail, startedAt);
  }

  write(name: string, acked: boolean, outcome: string, detail: string | undefined, startedAt: number): void {
    this.beat(name, acked, !acked, outcome, detail, startedAt);
  }

  /** Names the series that have no good look at the moment, with what they say. */
  unwell(): readonly string[] {
    return [...this.beats]
      .filter(([, beat]) => beat.last?.good !== true)
      .map(([name, beat]) =>
        beat.last === undefined
          ? `${name}: not one look yet`
          : `${name}: ${beat.last.outcome} ${beat.last.detail}`.trim(),
      );
  }

  /** Longest surely bad run, in ms, that lasts at the moment at something users use; with its name. */
  userBadRun(): { readonly name: string; readonly ms: number } | undefined {
    let worst: { name: string; ms: number } | undefined;
    for (const [name, beat] of this.beats) {
      if (!beat.user || beat.badSince === undefined || beat.lastBad === undefined) continue;
      const ms = beat.lastBad - beat.badSince;
      if (worst === undefined || ms > worst.ms) worst = { name, ms };
    }
    return worst;
  }

  private beat(
    name: string,
    good: boolean,
    bad: boolean,
    outcome: string,
    detail: string | undefined,
    startedAt: number,
  ): void {
    const beat = this.beats.get(name);
    if (beat === undefined) return;
    beat.last = { outcome, good, detail: detail ?? '' };
    if (beat.user && bad && this.armedAt !== undefined && startedAt >= this.armedAt) this.errors += 1;
    if (good) {
      beat.badSince = undefined;
      beat.lastBad = undefined;
    } else if (bad) {
      beat.badSince ??= startedAt;
      beat.lastBad = Math.max(beat.lastBad ?? startedAt, startedAt);
    }
  }
}
