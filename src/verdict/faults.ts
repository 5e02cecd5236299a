import type { Evidence } from '../core/gate.ts';
import type { FaultView, JournalView, ScenarioView } from '../journal/view.ts';
import type { Interval } from './intervals.ts';
import type { Origin } from './params.ts';

/**
 * When something was set going: surely not before `earliestMs`, surely by `latestMs`. A stop acts at some time between
 * its request and its proof, and so does the order to start again between its first and its last attempt.
 */
export interface Moment {
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly evidence: readonly Evidence[];
}

/** Nodes that were stopped, by name, in the order of the strike. */
export function victimsOf(scenario: ScenarioView): readonly string[] {
  return scenario.faults.map((fault) => fault.node.name);
}

/** First fault requested to last fault proven. Undefined when a fault was not requested or not proven. */
export function faultMoment(faults: readonly FaultView[]): Moment | undefined {
  const requested = faults.flatMap((fault) => (fault.requested === undefined ? [] : [fault.requested]));
  const proven = faults.flatMap((fault) => (fault.proven === undefined ? [] : [fault.proven]));
  if (faults.length === 0 || requested.length < faults.length || proven.length < faults.length) return undefined;
  return moment(requested, proven);
}

/** First to last order to start again, attempts included. Undefined when a node was never ordered back. */
export function undoMoment(scenario: ScenarioView, journal: JournalView): Moment | undefined {
  const first = scenario.faults.flatMap((fault) => (fault.undoRequested === undefined ? [] : [fault.undoRequested]));
  if (first.length === 0 || first.length < scenario.faults.length) return undefined;
  const all = journal.records.flatMap((record) =>
    record.type === 'undo.requested' && record.scenario === scenario.plan.id ? [record] : [],
  );
  return moment(first, all);
}

export function momentOf(origin: Origin, scenario: ScenarioView, journal: JournalView): Moment | undefined {
  return origin === 'fault' ? faultMoment(scenario.faults) : undoMoment(scenario, journal);
}

/** Why there is no such moment, for people. */
export function noMomentText(origin: Origin): string {
  return origin === 'fault' ? 'the fault was not proven' : 'the node was never ordered back';
}

/** Time from a moment to something that happened between two times: `toMs` undefined when its end was not seen. */
export function since(from: Moment, fromMs: number, toMs: number | undefined): Interval {
  return {
    lowerMs: Math.max(0, fromMs - from.latestMs),
    upperMs: toMs === undefined ? undefined : Math.max(0, toMs - from.earliestMs),
  };
}

function moment(
  first: readonly { readonly t: number; readonly seq: number }[],
  last: readonly { readonly t: number; readonly seq: number }[],
): Moment | undefined {
  const earliestMs = first.reduce((least, one) => Math.min(least, one.t), Infinity);
  const latestMs = last.reduce((most, one) => Math.max(most, one.t), -Infinity);
  if (!Number.isFinite(earliestMs) || !Number.isFinite(latestMs) || latestMs < earliestMs) return undefined;
  return { earliestMs, latestMs, evidence: [...first, ...last].map(({ seq }) => ({ seq })) };
}
