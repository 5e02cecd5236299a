import { type Interval, laterOf } from './intervals.ts';
import type { Look } from './looks.ts';
import type { Hole } from './standstill.ts';

/** Good looks in a row that end a bad run where a gate has no number of its own: fewer are a flap inside it. */
export const SUSTAIN = 3;

/**
 * One outage. The rules are in FACTS.md, "Measuring an outage": judged by starts, because a look that was started
 * during an outage may be answered well after it.
 */
export interface Outage {
  /** The last good look before; undefined when the first look of all was bad. */
  readonly before: Look | undefined;
  /** Failed or late looks, ordered by start; never empty. */
  readonly bad: readonly Look[];
  /** Of the k good looks that open the sustained recovery, the one that ended first; undefined when none was seen. */
  readonly recovery: Look | undefined;
  /** When the last of these k looks was answered: from then on the recovery is a sustained one. Infinity when none was seen. */
  readonly sustainedAt: number;
  /** Latest time the outage may have begun at: the earliest end of a bad look. */
  readonly surelyFrom: number;
  /** Earliest time it may have ended at: the latest start of a bad look. */
  readonly surelyTo: number;
}

/**
 * Finds the outages in looks that are ordered by start. `sustain` is k, at least 1. Looks of class `apart` say nothing
 * either way and are passed over.
 */
export function findOutages(looks: readonly Look[], sustain: number): readonly Outage[] {
  const outages: Outage[] = [];
  let before: Look | undefined;
  let bad: Look[] = [];
  let good: Look[] = [];
  for (const look of looks) {
    if (look.class === 'apart') continue;
    if (look.class === 'bad') {
      bad.push(look);
      good = [];
    } else if (bad.length === 0) {
      before = look;
    } else {
      good.push(look);
      if (good.length < sustain) continue;
      outages.push(outage(before, bad, good));
      before = look;
      bad = [];
      good = [];
    }
  }
  if (bad.length > 0) outages.push(outage(before, bad, []));
  return outages;
}

/**
 * Length of an outage: at least the inner bound (0 when that is empty), at most the outer one. In a hole, in which nobody
 * looked, it may have ended and begun anew: then the longest part beside the holes is what it surely was.
 */
export function lengthOf(one: Outage, holes: readonly Hole[]): Interval {
  const begin = one.before?.startedAt;
  const end = one.recovery?.endedAt;
  return {
    lowerMs: surelyMs(one, holes),
    upperMs: begin === undefined || end === undefined ? undefined : end - begin,
  };
}

function surelyMs(one: Outage, holes: readonly Hole[]): number {
  const parts = new Map<number, Look[]>();
  for (const look of one.bad) {
    const before = holes.filter((hole) => hole.toMs <= look.startedAt).length;
    const part = parts.get(before) ?? [];
    parts.set(before, part);
    part.push(look);
  }
  return Math.max(0, ...[...parts.values()].map((looks) => latestStart(looks) - firstEnd(looks)));
}

/** True when the outage may have touched the time from `fromMs` to `toMs`. */
export function mayTouch(one: Outage, fromMs: number, toMs: number): boolean {
  return (one.before?.startedAt ?? -Infinity) < toMs && (one.recovery?.endedAt ?? Infinity) > fromMs;
}

/** The longest of several lengths: each bound is the greatest of its kind. 0 of none. */
export function longestOf(lengths: readonly Interval[]): Interval {
  return lengths.reduce(laterOf, { lowerMs: 0, upperMs: 0 });
}

export function earliestEnd(looks: readonly Look[]): Look | undefined {
  return looks.reduce<Look | undefined>(
    (first, look) => (first === undefined || look.endedAt < first.endedAt ? look : first),
    undefined,
  );
}

/** `good`: the k looks that open the recovery; empty when none was seen. */
function outage(before: Look | undefined, bad: readonly Look[], good: readonly Look[]): Outage {
  return {
    before,
    bad,
    recovery: earliestEnd(good),
    sustainedAt: good.length === 0 ? Infinity : Math.max(...good.map((look) => look.endedAt)),
    surelyFrom: firstEnd(bad),
    surelyTo: latestStart(bad),
  };
}

function firstEnd(looks: readonly Look[]): number {
  return looks.reduce((least, look) => Math.min(least, look.endedAt), Infinity);
}

function latestStart(looks: readonly Look[]): number {
  return looks.reduce((most, look) => Math.max(most, look.startedAt), -Infinity);
}
