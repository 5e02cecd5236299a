import type { Evidence } from '../core/gate.ts';
import type { ScenarioView } from '../journal/view.ts';
import { type Change, factLooks, keysOf, keyText, type Timeline, timelineOf, valueAt } from './facts.ts';
import { faultMoment } from './faults.ts';
import type { Agreement } from './params.ts';

/**
 * When a fact became true. `seen`: between the two times, and it stayed so. `not-seen`: not before `notBeforeMs`, and
 * never as far as was looked. `unknown`: nothing can be said, with the reason.
 */
export type Sighting =
  | { readonly kind: 'seen'; readonly fromMs: number; readonly toMs: number; readonly evidence: readonly Evidence[] }
  | {
      readonly kind: 'not-seen';
      readonly notBeforeMs: number;
      readonly last: string;
      readonly evidence: readonly Evidence[];
    }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Span {
  /** The clock's start: what was true before it proves nothing by itself. */
  readonly fromMs: number;
  /** Until when the fact must hold: the order to start again, or no end. */
  readonly toMs: number;
  /**
   * A fact that held already at the start: `ignore` it, because the fault did not bring it about; or take it for true as
   * soon as a look that began after the start was answered.
   */
  readonly held: 'ignore' | 'confirm';
  /** `last`: the last time it became true, and stayed. `first`: the first time, whatever came after. */
  readonly pick: 'first' | 'last';
}

/** Finds when the facts of an agreement were seen. */
export function findAgreement(agreement: Agreement, scenario: ScenarioView, span: Span): Sighting {
  const keys = keysOf(scenario, agreement.probes, agreement.key);
  if (keys.length === 0) return { kind: 'unknown', reason: `nothing is known of ${keyText(scenario, agreement.key)}` };
  const sightings = keys.map((key) => ofKey(agreement, key, scenario, span));
  return agreement.key === '@others' ? anyOf(sightings) : allOf(sightings);
}

function ofKey(agreement: Agreement, key: string, scenario: ScenarioView, span: Span): Sighting {
  const timelines = agreement.probes.flatMap((probe) => timelineOf(scenario, probe, key) ?? []);
  if (timelines.length === 0) return { kind: 'unknown', reason: `no probe saw ${key}` };
  const { to, atLeast } = agreement;
  if (to !== 'changed') {
    return nthOf(
      timelines.map((timeline) => ofTimeline(timeline, scenario, span, (value) => to.oneOf.includes(value))),
      atLeast,
      key,
    );
  }
  const faultAt = faultMoment(scenario.faults)?.earliestMs;
  if (faultAt === undefined) return { kind: 'unknown', reason: 'the fault was not proven' };
  const based = timelines.flatMap((timeline) => {
    const base = valueAt(timeline, faultAt)?.value;
    return base === undefined ? [] : [{ timeline, base }];
  });
  if (based.length === 0) return { kind: 'unknown', reason: `the value of ${key} before the fault is not known` };
  const seen = (accept: (value: string, base: string) => boolean) =>
    nthOf(
      based.map(({ timeline, base }) => ofTimeline(timeline, scenario, span, (value) => accept(value, base))),
      atLeast,
      key,
    );
  if (atLeast === 1) return seen((value, base) => value !== base);
  // Several probes agree only when they all name the same new value.
  const values = [...new Set(based.flatMap(({ timeline }) => timeline.changes.map((change) => change.value)))];
  const news = values.filter((value) => based.some(({ base }) => base !== value));
  if (news.length === 0) return seen((value, base) => value !== base);
  return anyOf(news.map((one) => seen((value, base) => value === one && value !== base)));
}

/** What one probe says: when its value became acceptable. */
function ofTimeline(
  timeline: Timeline,
  scenario: ScenarioView,
  span: Span,
  accepts: (value: string) => boolean,
): Sighting {
  const looks = factLooks(scenario, timeline.probe).filter((look) => look.endedAt <= span.toMs);
  const atStart = valueAt(timeline, span.fromMs);
  const later = timeline.changes.filter((change) => change.toMs > span.fromMs && change.toMs <= span.toMs);
  const runs = trueRuns(atStart, later, accepts);
  const run =
    span.pick === 'first' ? runs.find((one) => one.opens !== atStart || span.held === 'confirm') : runs.at(-1);
  const last = later.at(-1) ?? atStart;
  const stays = span.pick === 'first' || (last !== undefined && accepts(last.value));
  if (run !== undefined && stays) {
    if (run.opens !== atStart) return seenAt(run.opens.fromMs, run.opens.toMs, [{ seq: run.opens.seq }]);
    if (span.held === 'ignore') {
      return { kind: 'unknown', reason: `${timeline.key} was ${run.opens.value} already before at ${timeline.probe}` };
    }
    const confirmed = looks.find((look) => look.startedAt >= span.fromMs);
    if (confirmed !== undefined)
      return seenAt(span.fromMs, confirmed.endedAt, [{ seq: run.opens.seq }, confirmed.evidence]);
  }
  // Every look up to the last one still saw something else; one that got no answer saw nothing.
  const lastLook = looks.at(-1);
  const notBeforeMs = Math.max(span.fromMs, lastLook?.startedAt ?? span.fromMs, last?.toMs ?? span.fromMs);
  const evidence = [
    ...(last === undefined ? [] : [{ seq: last.seq }]),
    ...(lastLook === undefined ? [] : [lastLook.evidence]),
  ];
  return { kind: 'not-seen', notBeforeMs, last: last?.value ?? 'nothing', evidence };
}

/** Stretches in which the value was acceptable, by the change that opened each. */
function trueRuns(
  atStart: Change | undefined,
  later: readonly Change[],
  accepts: (value: string) => boolean,
): readonly { readonly opens: Change }[] {
  const runs: { opens: Change }[] = [];
  let open = false;
  for (const change of atStart === undefined ? later : [atStart, ...later]) {
    const good = accepts(change.value);
    if (good && !open) runs.push({ opens: change });
    open = good;
  }
  return runs;
}

/** The n-th earliest of several probes: each bound by itself. */
function nthOf(sightings: readonly Sighting[], atLeast: number, key: string): Sighting {
  const seen = sightings.filter((one) => one.kind === 'seen');
  if (seen.length >= atLeast) {
    const nth = (values: readonly number[]) => [...values].sort((a, b) => a - b)[atLeast - 1] ?? Number.NaN;
    return seenAt(
      nth(seen.map((one) => one.fromMs)),
      nth(seen.map((one) => one.toMs)),
      seen.flatMap((one) => one.evidence),
    );
  }
  const missing = sightings.filter((one) => one.kind === 'not-seen');
  const lacking = atLeast - seen.length;
  if (missing.length < lacking) {
    const reason = sightings.find((one) => one.kind === 'unknown')?.reason;
    return { kind: 'unknown', reason: reason ?? `${key} was seen at ${sightings.length} of ${atLeast} probes` };
  }
  // A probe of which nothing is known might have seen it at any time: then nothing bounds the time from below.
  const lowest =
    missing.length === sightings.length - seen.length
      ? [...missing].sort((a, b) => a.notBeforeMs - b.notBeforeMs)[lacking - 1]
      : undefined;
  if (lowest === undefined) return { kind: 'unknown', reason: `${key}: too few probes looked` };
  return { ...lowest, evidence: missing.flatMap((one) => one.evidence) };
}

/** All must be seen: the latest of each bound. */
function allOf(sightings: readonly Sighting[]): Sighting {
  const unknown = sightings.find((one) => one.kind === 'unknown');
  const missing = sightings.filter((one) => one.kind === 'not-seen').sort((a, b) => b.notBeforeMs - a.notBeforeMs)[0];
  if (missing !== undefined) return missing;
  if (unknown !== undefined) return unknown;
  const seen = sightings.filter((one) => one.kind === 'seen');
  return seenAt(
    Math.max(...seen.map((one) => one.fromMs)),
    Math.max(...seen.map((one) => one.toMs)),
    seen.flatMap((one) => one.evidence),
  );
}

/** One is enough: the one that was surely seen first. Not seen only where it was seen of none, and each was looked at. */
function anyOf(sightings: readonly Sighting[]): Sighting {
  const seen = sightings.filter((one) => one.kind === 'seen').sort((a, b) => a.toMs - b.toMs)[0];
  if (seen !== undefined) return seen;
  const missing = sightings.filter((one) => one.kind === 'not-seen').sort((a, b) => a.notBeforeMs - b.notBeforeMs)[0];
  return missing ?? sightings[0] ?? { kind: 'unknown', reason: 'nothing was seen' };
}

function seenAt(fromMs: number, toMs: number, evidence: readonly Evidence[]): Sighting {
  return { kind: 'seen', fromMs, toMs, evidence };
}
