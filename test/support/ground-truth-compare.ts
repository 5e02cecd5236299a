import type { Look, SeriesView } from '../../src/verdict/looks.ts';
import { findOutages, lengthOf, type Outage } from '../../src/verdict/outages.ts';
import type { Switch, TrueOutage } from './ground-truth.ts';

/** Good looks in a row that count as sustained: fewer are a flap inside the outage. */
export const SUSTAIN = 3;

/** The part of its time limit for which the server may have been absent in a look that ran out of time. */
const MOST_ABSENT = 0.25;

/** What became of the outages of one service at one probe. */
export interface Comparison {
  readonly outages: number;
  /** Outages that no bad look fell into, although somebody looked all the time. */
  readonly overlooked: number;
  /** Outages that no bad look fell into because nobody looked: the journal says so itself. */
  readonly unwatched: number;
  /** Measured outages with a look beside the truth that ran out of time while the server itself was starved: it was slow and does not know for whom. */
  readonly unsettled: number;
  /** Measured outages that hold none of the truth, in words. */
  readonly invented: readonly string[];
  /** Every bound that is on the wrong side of the truth, in words. */
  readonly violations: readonly string[];
  /** True outages whose bounds were held against the truth, one by one or together with others that no recovery parted. */
  readonly compared: number;
  /** How much wider the outer bound is than the true length, in probe intervals, a figure an outage. */
  readonly wider: readonly number[];
}

/**
 * Holds what the product found in a series against the truth. The truth's own moments are spans, so a bound counts as
 * wrong when it is wrong for every moment of the span. A bound that was not seen claims nothing.
 */
export function compare(truth: readonly TrueOutage[], absences: readonly Switch[], series: SeriesView): Comparison {
  const found = findOutages(series.looks, SUSTAIN).map((one) => ({
    one,
    held: heldBy(one, truth, series),
    settled: !one.bad.some((look) => mayBeTheServers(look, truth, absences, series)),
  }));
  const unseen = truth.filter((one) => !found.some(({ held }) => held.includes(one)));
  const unwatched = unseen.filter((one) => wasUnwatched(one, series));
  const settled = found.filter((one) => one.settled);
  const pairs = settled.flatMap(({ one, held }) => {
    const whole = wholeOf(held);
    return whole === undefined ? [] : [{ one, whole, held }];
  });
  return {
    outages: truth.length,
    overlooked: unseen.length - unwatched.length,
    unwatched: unwatched.length,
    unsettled: found.length - settled.length,
    invented: settled
      .filter(({ held }) => held.length === 0)
      .map(({ one }) => `${series.name}: there was no such outage: ${JSON.stringify(shown(one))}`),
    violations: pairs.flatMap(({ one, whole }) => violationsOf(one, whole, series)),
    compared: new Set(pairs.flatMap(({ held }) => held)).size,
    wider: pairs.map(({ one, whole }) => wider(one, whole, series)),
  };
}

/**
 * The true outages that a measured one is about: those that it touches. Where answers are read late its last bound may
 * reach into the next true outage, or its first one into the one before, so the largest run of them that it fits is taken.
 */
function heldBy(one: Outage, truth: readonly TrueOutage[], series: SeriesView): readonly TrueOutage[] {
  const touched = truth.filter((other) => touches(one, other));
  for (let size = touched.length; size > 0; size -= 1) {
    for (let from = 0; from + size <= touched.length; from += 1) {
      const run = touched.slice(from, from + size);
      const whole = wholeOf(run);
      if (whole !== undefined && violationsOf(one, whole, series).length === 0) return run;
    }
  }
  return touched;
}

/** Outages with no sustained recovery between them are one outage to whoever looks from outside. */
function wholeOf(run: readonly TrueOutage[]): TrueOutage | undefined {
  const [first, last] = [run[0], run.at(-1)];
  return first === undefined || last === undefined ? undefined : { begin: first.begin, end: last.end };
}

/**
 * A look that ran out of time while the server did not get to run may have failed for that, whatever was planned. Not one
 * that touches a true outage: it ended after that began and started before that ended, and no bound says more of it.
 */
function mayBeTheServers(
  look: Look,
  truth: readonly TrueOutage[],
  absences: readonly Switch[],
  { timeoutMs }: SeriesView,
): boolean {
  if (look.outcome !== 'timeout' && look.outcome !== 'late') return false;
  if (truth.some(({ begin, end }) => look.startedAt <= end.toMs && look.endedAt >= begin.fromMs)) return false;
  const absentMs = absences.reduce(
    (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, look.endedAt) - Math.max(fromMs, look.startedAt)),
    0,
  );
  return absentMs > MOST_ABSENT * timeoutMs;
}

function touches(one: Outage, truth: TrueOutage): boolean {
  return (
    (one.before?.startedAt ?? -Infinity) < truth.end.toMs && (one.recovery?.endedAt ?? Infinity) > truth.begin.fromMs
  );
}

/** A look that was started in it, and whose time limit passed in it, would have been bad. */
function wasUnwatched(truth: TrueOutage, series: SeriesView): boolean {
  const { looks, timeoutMs } = series;
  return !looks.some((look) => look.startedAt >= truth.begin.toMs && look.startedAt + timeoutMs <= truth.end.fromMs);
}

function violationsOf(one: Outage, truth: TrueOutage, series: SeriesView): readonly string[] {
  const { begin, end } = truth;
  const { lowerMs, upperMs } = lengthOf(one, series.holes);
  const wrong: [string, boolean][] = [
    ['it began before the lower bound of its beginning', (one.before?.startedAt ?? -Infinity) > begin.toMs],
    ['it began after the upper bound of its beginning', one.surelyFrom < begin.fromMs],
    ['it ended before the lower bound of its end', one.surelyTo > end.toMs],
    ['it ended after the upper bound of its end', (one.recovery?.endedAt ?? Infinity) < end.fromMs],
    ['it was shorter than the lower bound', lowerMs > end.toMs - begin.fromMs],
    ['it was longer than the upper bound', (upperMs ?? Infinity) < end.fromMs - begin.toMs],
  ];
  return wrong
    .filter(([, is]) => is)
    .map(([text]) => `${series.name}: ${text}: ${JSON.stringify({ truth, ...shown(one) })}`);
}

function shown(one: Outage): object {
  const { before, bad, recovery, surelyFrom, surelyTo } = one;
  const first = bad[0];
  return {
    before: before?.startedAt,
    surelyFrom,
    surelyTo,
    recovery: recovery?.endedAt,
    bad: bad.length,
    first: `${first?.outcome} ${first?.detail} ${first?.startedAt} to ${first?.endedAt}`,
  };
}

function wider(one: Outage, { begin, end }: TrueOutage, series: SeriesView): number {
  const upperMs = lengthOf(one, series.holes).upperMs ?? Infinity;
  const trueMs = (end.fromMs + end.toMs - begin.fromMs - begin.toMs) / 2;
  return (upperMs - trueMs) / series.intervalMs;
}
