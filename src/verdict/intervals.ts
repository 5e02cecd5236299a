import { formatDuration } from '../core/duration.ts';
import type { Verdict } from '../core/outcome.ts';

/** The truth lies between the two. `upperMs` is undefined where nothing bounds it: the end was never seen. */
export interface Interval {
  readonly lowerMs: number;
  readonly upperMs: number | undefined;
}

/**
 * "under 60s": PASS when even the longest possible length is under the limit, FAIL when even the shortest one is not,
 * INCONCLUSIVE between. A figure that is no length (NaN, infinite, negative, bounds crossed) is INCONCLUSIVE.
 */
export function judgeInterval(interval: Interval, limitMs: number): Verdict {
  const { lowerMs, upperMs } = interval;
  if (!isLength(limitMs) || !isLength(lowerMs)) return 'INCONCLUSIVE';
  if (upperMs !== undefined && (!isLength(upperMs) || upperMs < lowerMs)) return 'INCONCLUSIVE';
  if (lowerMs >= limitMs) return 'FAIL';
  return upperMs !== undefined && upperMs < limitMs ? 'PASS' : 'INCONCLUSIVE';
}

/** When two things must both have happened: the later of them. */
export function laterOf(a: Interval, b: Interval): Interval {
  return {
    lowerMs: Math.max(a.lowerMs, b.lowerMs),
    upperMs: a.upperMs === undefined || b.upperMs === undefined ? undefined : Math.max(a.upperMs, b.upperMs),
  };
}

/** `4.62s`, the upper bound: what was surely not exceeded. `over 90s` where there is none. */
export function measuredText(interval: Interval): string {
  return interval.upperMs === undefined ? `over ${formatDuration(interval.lowerMs)}` : formatDuration(interval.upperMs);
}

/** `4.49s to 4.62s`. */
export function rangeText(interval: Interval): string {
  const upper = interval.upperMs === undefined ? 'unknown' : formatDuration(interval.upperMs);
  return `${formatDuration(interval.lowerMs)} to ${upper}`;
}

export function underText(limitMs: number): string {
  return `under ${formatDuration(limitMs)}`;
}

function isLength(ms: number): boolean {
  return Number.isFinite(ms) && ms >= 0;
}
