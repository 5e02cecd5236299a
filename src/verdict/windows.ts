import type { JournalView, ScenarioView } from '../journal/view.ts';
import { findAgreement } from './agreements.ts';
import { keyText } from './facts.ts';
import { faultMoment, undoMoment, victimsOf } from './faults.ts';
import type { Window } from './params.ts';

/**
 * A span of time in which something is promised. Looks that were started from `fromMs` to `toMs` are judged;
 * from `coverFromMs` to `coverToMs` there must be looks without a hole (workloads end before the audit).
 */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly coverFromMs: number;
  readonly coverToMs: number;
}

/** A window, or why the journal has none. */
export type Resolved = { readonly window: TimeWindow } | { readonly reason: string };

export function resolveWindow(wanted: Window, scenario: ScenarioView, journal: JournalView): Resolved {
  const fault = faultMoment(scenario.faults);
  if (fault === undefined) return { reason: 'the fault was not proven' };
  const undo = undoMoment(scenario, journal);
  if (undo === undefined) return { reason: 'the node was never ordered back' };
  if (wanted === 'all-down')
    return isWholeStrike(scenario) ? exact(fault.latestMs, undo.earliestMs) : { reason: NOT_WHOLE };
  if (wanted === 'outage') return exact(fault.earliestMs, undo.earliestMs);
  const coverToMs = scenario.phases.findLast((one) => one.phase === 'verify')?.startedAt;
  if (coverToMs === undefined) return { reason: 'the drill ended before its verify phase' };
  if (wanted === 'whole')
    return sound({ fromMs: fault.earliestMs, toMs: Infinity, coverFromMs: fault.earliestMs, coverToMs });
  const span = { fromMs: fault.earliestMs, toMs: undo.earliestMs, held: 'ignore', pick: 'first' } as const;
  const seen = findAgreement(wanted.after, scenario, span);
  if (seen.kind === 'unknown') return { reason: seen.reason };
  if (seen.kind === 'not-seen')
    return { reason: `${keyText(scenario, wanted.after.key)} stayed ${seen.last}: there is no time after it changed` };
  return sound({ fromMs: seen.toMs, toMs: Infinity, coverFromMs: seen.toMs, coverToMs });
}

/** The four states of a strike, for what a stack says about itself. */
export type Stage = 'steady' | 'one-down' | 'all-down' | 'restored';
export const STAGES: readonly Stage[] = ['steady', 'one-down', 'all-down', 'restored'];

/** Which nodes are down in a stage, and when it was. */
export function resolveStage(
  stage: Stage,
  scenario: ScenarioView,
  journal: JournalView,
): Resolved & { readonly down?: readonly string[] } {
  const [first, second] = scenario.faults;
  const fault = faultMoment(scenario.faults);
  const undo = undoMoment(scenario, journal);
  if (first?.requested === undefined || first.proven === undefined || fault === undefined)
    return { reason: 'the fault was not proven' };
  if (stage === 'steady') {
    const started = scenario.phases.find((one) => one.phase === 'steady')?.startedAt;
    if (started === undefined) return { reason: 'the drill had no steady phase' };
    // The stack may come to rest late; what counts is the time for which it was asked to hold.
    return { ...exact(Math.max(started, fault.earliestMs - scenario.plan.steadyMs), fault.earliestMs), down: [] };
  }
  if (undo === undefined) return { reason: 'the node was never ordered back' };
  if (stage === 'one-down')
    return { ...exact(first.proven.t, second?.requested?.t ?? undo.earliestMs), down: [first.node.name] };
  if (stage === 'all-down') {
    if (!isWholeStrike(scenario)) return { reason: NOT_WHOLE };
    return { ...exact(fault.latestMs, undo.earliestMs), down: victimsOf(scenario) };
  }
  const back = scenario.faults.map((one) => (one.undoSettled?.outcome === 'restored' ? one.undoSettled.t : Number.NaN));
  const end = scenario.phases.findLast((one) => one.phase === 'verify')?.endedAt;
  if (end === undefined) return { reason: 'the drill ended before its verify phase' };
  return { ...exact(Math.max(...back), end), down: [] };
}

const NOT_WHOLE = 'the strike was not carried through: there is no time in which all of its nodes were down';

/** A drill that ends between its first fault and its last never had all of its nodes down. */
function isWholeStrike({ phases }: ScenarioView): boolean {
  return phases.findLast((one) => one.phase === 'inject')?.ok === true;
}

function exact(fromMs: number, toMs: number): Resolved {
  return sound({ fromMs, toMs, coverFromMs: fromMs, coverToMs: toMs });
}

function sound(window: TimeWindow): Resolved {
  const ordered = window.fromMs < window.toMs && window.coverFromMs <= window.coverToMs;
  if (!ordered || !Number.isFinite(window.fromMs) || !Number.isFinite(window.coverToMs))
    return { reason: 'the time to be judged is empty' };
  return { window };
}
