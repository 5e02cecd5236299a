import type { RecordOf } from '../journal/events.ts';
import type { Look, SeriesView } from './looks.ts';

/** How well a span of time was watched. */
export interface Coverage {
  /** Looks that were started in the span and saw something. */
  readonly looks: number;
  /** Ticks in the span that could not be started in time. */
  readonly missed: number;
  /** Longest time without the start of a look, the edges of the span included. The whole span when there was none. */
  readonly largestHoleMs: number;
  readonly holeFrom: number;
}

/** The longest time in a span in which nobody looked. `looks` are ordered by start; those of class `apart` saw neither service nor outage. */
export function coverage(
  looks: readonly Pick<Look, 'startedAt' | 'class'>[],
  missed: readonly RecordOf<'probe.missed'>[],
  span: { readonly fromMs: number; readonly toMs: number },
): Coverage {
  let at = span.fromMs;
  let count = 0;
  let largestHoleMs = 0;
  let holeFrom = span.fromMs;
  const step = (to: number) => {
    if (to - at > largestHoleMs) {
      largestHoleMs = to - at;
      holeFrom = at;
    }
    at = to;
  };
  for (const look of looks) {
    if (look.class === 'apart' || look.startedAt < span.fromMs || look.startedAt > span.toMs) continue;
    count += 1;
    step(look.startedAt);
  }
  step(span.toMs);
  const ticks = missed
    .filter((one) => one.firstScheduledAt <= span.toMs && one.lastScheduledAt >= span.fromMs)
    .reduce((sum, one) => sum + one.count, 0);
  return { looks: count, missed: ticks, largestHoleMs, holeFrom };
}

/**
 * A hole longer than this means that the series was starved. One slow look may hold the next ones up for as long as
 * its time limit, and a few ticks may be late on a busy machine; more than that is time in which nobody looked.
 */
export function tolerableHoleMs(series: Pick<SeriesView, 'intervalMs' | 'timeoutMs'>): number {
  return 3 * series.intervalMs + series.timeoutMs;
}
