import type { AlertExpectation } from '../core/scenario.ts';
import type { RecordOf } from '../journal/events.ts';
import type { FaultView, ScenarioView } from '../journal/view.ts';
import { holesOf, touchesHole } from './standstill.ts';

export type Labels = Readonly<Record<string, string>>;

/** One alert instance in Alertmanager: its changes, in order. */
export interface AlertInstance {
  readonly labels: Labels;
  readonly changes: readonly RecordOf<'alert.changed'>[];
}

/** The faults that an expectation is about. Empty when the strike had no such fault. */
export function faultsOf(expected: AlertExpectation, scenario: ScenarioView): readonly FaultView[] {
  if (expected.of === 'any') return scenario.faults;
  const fault = scenario.faults[expected.of === 'first' ? 0 : 1];
  return fault === undefined ? [] : [fault];
}

/** By what an alert of one fault is known. */
export interface Wanted {
  /** Labels that the alert must carry. */
  readonly labels: Labels;
  /** The stopped node's other labels: an alert that has none of them is about the whole stack, one with other values about another node. */
  readonly node: Labels;
}

/** One a fault. Without labels of its own an expectation asks for those of the stopped node; where both name a label, its own wins. */
export function wantedLabels(
  { labels }: Pick<AlertExpectation, 'labels'>,
  faults: readonly Pick<FaultView, 'node'>[],
): readonly Wanted[] {
  return faults.map(({ node }) =>
    labels === undefined ? { labels: node.labels, node: {} } : { labels, node: { ...node.labels, ...labels } },
  );
}

/** An alert of another instance carries other labels and does not count. */
export function carriesOne(labels: Labels, wanted: readonly Wanted[]): boolean {
  return wanted.some(
    (one) =>
      carries(labels, one.labels) &&
      Object.entries(one.node).every(([name, value]) => labels[name] === undefined || labels[name] === value),
  );
}

/** True where every one of these labels is there with its value. */
export function carries(labels: Labels, all: Labels): boolean {
  return Object.entries(all).every(([name, value]) => labels[name] === value);
}

/** The same alert in both places: Alertmanager may know it by more labels than Prometheus does. */
export function sameInstance(inPrometheus: Labels, inAlertmanager: Labels): boolean {
  return carries(inAlertmanager, inPrometheus);
}

/** Instances of an alert in one place that carry the wanted labels. */
export function instancesOf(
  scenario: ScenarioView,
  name: string,
  wanted: readonly Wanted[],
  where: 'prometheus' | 'alertmanager',
): readonly AlertInstance[] {
  const byLabels = new Map<string, { labels: Labels; changes: RecordOf<'alert.changed'>[] }>();
  for (const change of scenario.alerts) {
    if (change.name !== name || change.where !== where || !carriesOne(change.labels, wanted)) continue;
    const key = JSON.stringify(Object.entries(change.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const instance = byLabels.get(key) ?? { labels: change.labels, changes: [] };
    byLabels.set(key, instance);
    instance.changes.push(change);
  }
  return [...byLabels.values()];
}

/** Active in the baseline, or by the last change that was seen before the time. */
export function wasActiveAt(scenario: ScenarioView, name: string, wanted: readonly Wanted[], ms: number): boolean {
  if (scenario.baseline?.active.some((alert) => alert.name === name && carriesOne(alert.labels, wanted)) === true)
    return true;
  return (['prometheus', 'alertmanager'] as const).some((where) =>
    instancesOf(scenario, name, wanted, where).some(({ changes }) => {
      const last = changes.findLast((change) => change.notAfter <= ms);
      return last !== undefined && last.to !== 'inactive';
    }),
  );
}

/** That a poll goes wrong is known only at its deadline of 3 s, and one is begun each second. */
const POLL_LAG_MS = 4_000;

/** True where the alert servers could not be read at some time in the span, or nobody was awake to read them. */
export function wasBlind(scenario: ScenarioView, fromMs: number, toMs: number): boolean {
  if (touchesHole(holesOf(scenario), fromMs, toMs)) return true;
  let reachable = true;
  for (const one of scenario.alertReachability) {
    if (one.t > toMs + POLL_LAG_MS) break;
    if (!one.reachable && one.t >= fromMs) return true;
    if (one.t < fromMs) reachable = one.reachable;
  }
  return !reachable;
}
