import type { Evidence } from '../core/gate.ts';
import type { JournalView, ScenarioView } from '../journal/view.ts';
import { faultMoment, type Moment, noMomentText, since, undoMoment } from './faults.ts';
import type { Interval } from './intervals.ts';
import type { Look, SeriesView } from './looks.ts';
import { earliestEnd, findOutages, lengthOf, type Outage } from './outages.ts';
import type { Origin } from './params.ts';

/** How long good service was away, and what else was seen; or why nothing can be said. */
export type RtoMeasure =
  | {
      readonly seen: true;
      readonly rto: Interval;
      /** Bad looks that belong to the outage; 0 when there was none. */
      readonly bad: number;
      /** Outages that began once service was back: no recovery is sustained that ends in one as long as the limit. */
      readonly relapses: readonly Interval[];
      /** What the limit is held against besides `rto`: a relapse that began before the limit counts from the fault, a later one by its length. */
      readonly judged: readonly Interval[];
      /** Why the upper bound is missing; empty when it is there. */
      readonly open: string;
      readonly evidence: readonly Evidence[];
    }
  | { readonly seen: false; readonly reason: string };

export interface RtoQuestion {
  readonly series: SeriesView;
  readonly from: Origin;
  /** Good looks in a row that count as sustained. */
  readonly sustain: number;
  readonly limitMs: number;
  /** True where service has to break: without a bad look nothing was measured. */
  readonly mustBreak: boolean;
}

/**
 * Time from the fault (or the order to start again) to the first sustained good service.
 * Upper bound: earliest end among the k good looks that open the recovery, minus the first request.
 * Lower bound: latest start of a bad look, minus the proof of the fault (or the last order to start).
 */
export function measureRto(question: RtoQuestion, scenario: ScenarioView, journal: JournalView): RtoMeasure {
  const { series, sustain } = question;
  const fault = faultMoment(scenario.faults);
  if (fault === undefined) return { seen: false, reason: noMomentText('fault') };
  const flaw = baselineFlaw(series, sustain, fault);
  if (flaw !== undefined) return { seen: false, reason: flaw };
  const undo = undoMoment(scenario, journal);
  const outages = findOutages(series.looks, sustain);
  return question.from === 'fault'
    ? fromFault(question, outages, fault, undo)
    : fromUndo(question, outages, fault, undo);
}

function fromFault(question: RtoQuestion, all: readonly Outage[], fault: Moment, undo: Moment | undefined): RtoMeasure {
  const endMs = undo?.earliestMs ?? Infinity;
  const outages = all.filter((one) => endsAfter(one, fault.earliestMs) && firstStart(one) < endMs);
  const [first, ...relapses] = outages;
  if (first === undefined) {
    if (question.mustBreak) return neverFailed(question.series);
    return unbroken(question, fault, fault.latestMs, endMs);
  }
  // Service that came back only because we started the node again is no recovery from the fault, be it the first or a later one.
  const recovered = first.sustainedAt <= endMs ? first.recovery : undefined;
  return {
    seen: true,
    rto: since(fault, first.surelyTo, recovered?.endedAt),
    bad: first.bad.length,
    relapses: relapses.map((one) => lengthOf(one, question.series.holes)),
    judged: judgedRelapses(relapses, fault, endMs, question),
    open: whyOpen(first, relapses, endMs),
    evidence: [...fault.evidence, ...evidenceOfOutage(first)],
  };
}

function whyOpen(first: Outage, relapses: readonly Outage[], endMs: number): string {
  if (first.recovery === undefined) return 'good service was not seen again';
  if (first.sustainedAt > endMs) return 'good service came back only after the node was ordered back';
  if (relapses.every((one) => one.sustainedAt <= endMs)) return '';
  return 'service failed again, and was not good for long before the node was ordered back';
}

function fromUndo(question: RtoQuestion, all: readonly Outage[], fault: Moment, undo: Moment | undefined): RtoMeasure {
  if (undo === undefined) return { seen: false, reason: noMomentText('undo') };
  const sinceFault = all.filter((one) => endsAfter(one, fault.earliestMs));
  if (question.mustBreak && sinceFault.length === 0) return neverFailed(question.series);
  const [first, ...relapses] = sinceFault.filter((one) => (one.recovery?.endedAt ?? Infinity) > undo.earliestMs);
  if (first === undefined) return unbroken(question, undo, undo.earliestMs, Infinity);
  return {
    seen: true,
    rto: since(undo, first.surelyTo, first.recovery?.endedAt),
    bad: first.bad.length,
    relapses: relapses.map((one) => lengthOf(one, question.series.holes)),
    judged: judgedRelapses(relapses, undo, Infinity, question),
    open: first.recovery === undefined ? 'good service was not seen again' : '',
    evidence: [...undo.evidence, ...evidenceOfOutage(first)],
  };
}

/** Service went on as if nothing had happened: it was surely there when the first k looks after the moment were answered. */
function unbroken(question: RtoQuestion, from: Moment, startMs: number, endMs: number): RtoMeasure {
  const good = question.series.looks
    .filter((look) => look.class === 'good' && look.startedAt >= startMs && look.startedAt < endMs)
    .slice(0, question.sustain);
  const first = earliestEnd(good);
  if (first === undefined || good.length < question.sustain) {
    return { seen: false, reason: `fewer than ${question.sustain} good looks of ${question.series.name} followed` };
  }
  return {
    seen: true,
    rto: since(from, from.earliestMs, first.endedAt),
    bad: 0,
    relapses: [],
    judged: [],
    open: '',
    evidence: [...from.evidence, first],
  };
}

/**
 * A few good answers between two outages are no recovery: what began within the limit is part of the same wait. One that
 * went on until the node was ordered back (`endMs`) has no end of its own.
 */
function judgedRelapses(
  relapses: readonly Outage[],
  from: Moment,
  endMs: number,
  { limitMs, series }: RtoQuestion,
): readonly Interval[] {
  return relapses.map((one) => {
    const interval =
      firstStart(one) - from.earliestMs < limitMs
        ? since(from, one.surelyTo, one.recovery?.endedAt)
        : lengthOf(one, series.holes);
    return one.sustainedAt <= endMs ? interval : { ...interval, upperMs: undefined };
  });
}

function neverFailed(series: SeriesView): RtoMeasure {
  return { seen: false, reason: `${series.name} never failed: was the right node stopped?` };
}

/** Why the time before the fault is no baseline; undefined when it is. */
function baselineFlaw(series: SeriesView, sustain: number, fault: Moment): string | undefined {
  const before = series.looks.filter((look) => look.class !== 'apart' && look.endedAt <= fault.earliestMs);
  if (before.length === 0) return `${series.name} did not look before the fault`;
  if (before.slice(-sustain).some((look) => look.class === 'bad'))
    return `${series.name} was failing already before the fault`;
  return undefined;
}

function endsAfter(one: Outage, ms: number): boolean {
  return one.bad.some((look) => look.endedAt > ms);
}

function firstStart(one: Outage): number {
  return one.bad[0]?.startedAt ?? Infinity;
}

function evidenceOfOutage(one: Outage): readonly Evidence[] {
  const places: readonly (Look | undefined)[] = [one.before, one.bad[0], one.bad.at(-1), one.recovery];
  return places.filter((place) => place !== undefined);
}
