import { formatDuration } from '../core/duration.ts';
import type { Evidence } from '../core/gate.ts';
import { type Verdict, worst } from '../core/outcome.ts';
import type { AlertExpectation } from '../core/scenario.ts';
import type { RecordOf } from '../journal/events.ts';
import type { FaultView, JournalView, ScenarioView } from '../journal/view.ts';
import { type AlertParts, alertParts, groupWaitOf, partsText } from './alert-parts.ts';
import {
  type AlertInstance,
  carries,
  carriesOne,
  faultsOf,
  instancesOf,
  type Wanted,
  wantedLabels,
  wasActiveAt,
  wasBlind,
} from './alerts.ts';
import { lastLook } from './cut-short.ts';
import { faultMoment, type Moment, since, undoMoment } from './faults.ts';
import { type Interval, judgeInterval, measuredText, rangeText } from './intervals.ts';
import { metricTroubles } from './metrics.ts';
import { returnedProblem } from './returned.ts';

type Change = RecordOf<'alert.changed'>;

/** The way of an alert, each step since the fault, and its end since the node was ordered back. A step that was not seen is undefined. */
export interface AlertSteps {
  readonly pending: Interval | undefined;
  readonly firing: Interval | undefined;
  /** In Alertmanager, neither silenced nor inhibited. */
  readonly present: Interval | undefined;
  readonly resolved: Interval | undefined;
}

export interface JudgedAlert {
  readonly expected: AlertExpectation;
  /** Nodes of the faults that it is about. */
  readonly nodes: readonly string[];
  readonly status: Verdict;
  /** Fault to the time at which somebody was told, at most: group_wait is in its upper bound. Undefined when it never came. */
  readonly interval: Interval | undefined;
  readonly steps: AlertSteps;
  readonly parts: AlertParts | undefined;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

const NO_STEPS: AlertSteps = { pending: undefined, firing: undefined, present: undefined, resolved: undefined };

/** Was it loaded, quiet before the fault, then there for the stopped node in time, and over after the restore? */
export function judgeAlert(expected: AlertExpectation, scenario: ScenarioView, journal: JournalView): JudgedAlert {
  const faults = faultsOf(expected, scenario);
  const nodes = faults.map((fault) => fault.node.name);
  const no = (status: Verdict, reason: string, steps = NO_STEPS, evidence: readonly Evidence[] = []): JudgedAlert => ({
    expected,
    nodes,
    status,
    interval: undefined,
    steps,
    parts: undefined,
    reason,
    evidence,
  });
  const { baseline } = scenario;
  const moment = faultMoment(faults);
  if (moment === undefined) return no('INCONCLUSIVE', `there was no ${expected.of} fault, or it was not proven`);
  if (baseline === undefined || baseline.t > moment.earliestMs)
    return no('INCONCLUSIVE', 'the alerts were not read before the fault');
  if (!baseline.rules.includes(expected.name))
    return no('FAIL', 'no such alerting rule is loaded, so it can never fire');
  const wanted = wantedLabels(expected, faults);
  if (wasActiveAt(scenario, expected.name, wanted, moment.earliestMs))
    return no('INCONCLUSIVE', 'it was active already before the fault');

  const inPrometheus = instancesOf(scenario, expected.name, wanted, 'prometheus');
  const held = instancesOf(scenario, expected.name, wanted, 'alertmanager');
  const undo = undoMoment(scenario, journal);
  const fired = held.filter((one) => changeTo('firing', one, moment) !== undefined);
  const first = earliest('firing', held, moment);
  const steps: AlertSteps = {
    pending: stepOf(earliest('pending', inPrometheus, moment), moment),
    firing: stepOf(earliest('firing', inPrometheus, moment), moment),
    present: stepOf(first, moment),
    resolved: resolvedAfter(fired, undo),
  };
  if (first === undefined) {
    const unfired = judgeUnfired(expected, scenario, moment, undo?.earliestMs);
    const why = [unfired.reason, ...whyNot(expected, wanted, held, scenario, moment)].join('; ');
    return no(unfired.status, why, steps, [{ seq: baseline.seq }, ...moment.evidence]);
  }
  const interval = withGroupWait(since(moment, first.notBefore, first.notAfter), groupWaitOf(first, scenario));
  const parts = alertParts(first, moment, scenario);
  const inTime = judgeInterval(interval, expected.withinMs);
  const resolution = judgeResolution(fired, isOfNode(expected, faults) ? wanted : [], undo, scenario);
  const foreign = scenario.surveys.length > 0 && steps.firing === undefined;
  const reasons = [
    ...(inTime === 'PASS' ? [] : [lateText(interval, parts)]),
    ...(foreign
      ? ['Alertmanager has it, and this Prometheus never showed it firing: another one may have sent it']
      : []),
    ...(resolution.reason === '' ? [] : [resolution.reason]),
  ];
  return {
    expected,
    nodes,
    status: worst([inTime, resolution.status, ...(foreign ? (['INCONCLUSIVE'] as const) : [])]),
    interval,
    steps,
    parts,
    reason: reasons.join(', '),
    evidence: [{ seq: baseline.seq }, { seq: first.seq }, ...moment.evidence, ...resolution.evidence],
  };
}

function changeTo(state: Change['to'], instance: AlertInstance, moment: Moment): Change | undefined {
  return instance.changes.find((change) => change.to === state && change.notAfter > moment.earliestMs);
}

function earliest(state: Change['to'], instances: readonly AlertInstance[], moment: Moment): Change | undefined {
  return instances.flatMap((one) => changeTo(state, one, moment) ?? []).sort((a, b) => a.notAfter - b.notAfter)[0];
}

function stepOf(change: Change | undefined, from: Moment): Interval | undefined {
  return change === undefined ? undefined : since(from, change.notBefore, change.notAfter);
}

/** When the last of them had become inactive. */
function resolvedAfter(fired: readonly AlertInstance[], undo: Moment | undefined): Interval | undefined {
  const last = fired.flatMap((one) => one.changes.at(-1) ?? []);
  if (undo === undefined || last.length === 0 || last.some((change) => change.to !== 'inactive')) return undefined;
  return stepOf(
    last.reduce((a, b) => (b.notAfter > a.notAfter ? b : a)),
    undo,
  );
}

/** Nobody was told before Alertmanager's own wait was over; a group that was there already may be told sooner. */
function withGroupWait({ lowerMs, upperMs }: Interval, groupWaitMs: number): Interval {
  return { lowerMs, upperMs: upperMs === undefined ? undefined : upperMs + groupWaitMs };
}

function lateText(interval: Interval, parts: AlertParts | undefined): string {
  const came = `fired ${measuredText(interval)} after the fault (${rangeText(interval)})`;
  return parts === undefined ? came : `${came}: ${partsText(parts)}`;
}

/** It never fired. That is a FAIL only where somebody looked long enough while the node was down. */
function judgeUnfired(
  expected: AlertExpectation,
  scenario: ScenarioView,
  moment: Moment,
  undoMs: number | undefined,
): { readonly status: Verdict; readonly reason: string } {
  // Long after the tool had died nobody looked any more, whoever ordered the node back.
  const back = scenario.faults.flatMap(({ returned }) => (returned === undefined ? [] : [returned.t]));
  const backMs = Math.min(undoMs ?? Infinity, ...back);
  const seenMs = Math.max(moment.latestMs, lastLook(scenario));
  const endMs = Math.min(backMs, seenMs);
  const until = Math.min(endMs, moment.latestMs + expected.withinMs);
  if (wasBlind(scenario, moment.earliestMs, until))
    return { status: 'INCONCLUSIVE', reason: 'the alert servers could not be read' };
  const watched = since(moment, endMs, undefined);
  const status = judgeInterval(watched, expected.withinMs);
  const [time, limit] = [formatDuration(endMs - moment.earliestMs), formatDuration(expected.withinMs)];
  const text = `did not fire for the stopped node in the ${time} for which it was ${seenMs < backMs ? 'watched' : 'down'}`;
  return {
    status,
    reason: status === 'FAIL' ? `${text} (limit ${limit})` : `${text}, which is too short for its limit of ${limit}`,
  };
}

/** What was seen that explains it: a silence, another instance, a rule without data. */
function whyNot(
  expected: AlertExpectation,
  wanted: readonly Wanted[],
  held: readonly AlertInstance[],
  scenario: ScenarioView,
  moment: Moment,
): readonly string[] {
  const by = earliest('suppressed', held, moment)?.suppressedBy;
  const others = scenario.alerts.filter(
    (change) =>
      change.name === expected.name &&
      change.to === 'firing' &&
      change.notAfter > moment.earliestMs &&
      !carriesOne(change.labels, wanted),
  );
  const instances = [...new Set(others.map(({ labels }) => labels.node ?? labels.instance ?? JSON.stringify(labels)))];
  const blind = metricTroubles(scenario).filter((one) => one.rule === expected.name);
  return [
    ...(by?.silences ?? []).map((id) => `Alertmanager has it, silenced by ${id} (see #/silences/${id} there)`),
    ...(by?.alerts ?? []).map((name) => `Alertmanager has it, inhibited by ${name} (see inhibit_rules there)`),
    ...(instances.length === 0 ? [] : [`it fired for ${instances.join(', ')}, which does not count`]),
    ...blind.map((one) => one.text),
  ];
}

/** An alert by other labels may be about the service, and rightly over when that is back without the node. */
function isOfNode({ labels }: AlertExpectation, faults: readonly FaultView[]): boolean {
  const nodes = faults.map((fault) => fault.node.labels).filter((one) => Object.keys(one).length > 0);
  return nodes.length > 0 && (labels === undefined || nodes.some((node) => carries(labels, node)));
}

/** Every instance that fired must have become inactive again by the end of the drill, and none of a node's while it was down. */
function judgeResolution(
  fired: readonly AlertInstance[],
  ofNodes: readonly Wanted[],
  undo: Moment | undefined,
  scenario: ScenarioView,
): { readonly status: Verdict; readonly reason: string; readonly evidence: readonly Evidence[] } {
  const last = fired.flatMap((one) => one.changes.at(-1) ?? []);
  const evidence = last.map(({ seq }) => ({ seq }));
  if (last.every((change) => change.to === 'inactive')) {
    const ends = ofNodes.map((one) => last.filter((change) => carriesOne(change.labels, [one])));
    return { ...judgeEnds(ends, undo, scenario), evidence };
  }
  const verify = scenario.phases.findLast((one) => one.phase === 'verify');
  if (verify?.endedAt === undefined || wasBlind(scenario, verify.startedAt, verify.endedAt)) {
    return { status: 'INCONCLUSIVE', reason: 'whether it resolved was not seen', evidence };
  }
  return { status: 'FAIL', reason: 'it did not resolve afterwards', evidence };
}

/** Polls begin each second, and take 3 s at most: what was there at the last one before the order stayed to the end. */
const LAST_POLL_MS = 4_000;

/** An alert that clears by itself tells those who come later that all is well. `ends`: of each node, the ends of its alerts; the last one counts. */
function judgeEnds(
  ends: readonly (readonly Change[])[],
  undo: Moment | undefined,
  scenario: ScenarioView,
): { readonly status: Verdict; readonly reason: string } {
  const orderedMs = undo?.earliestMs ?? Infinity;
  const seen = ends.filter((ofNode) => ofNode.length > 0);
  const over = seen.some((ofNode) => ofNode.every((end) => end.notAfter < orderedMs));
  const maybe = seen.some((ofNode) => ofNode.every((end) => end.notBefore < orderedMs - LAST_POLL_MS));
  if (!over && !maybe) return { status: 'PASS', reason: '' };
  const returned = returnedProblem(scenario);
  if (returned !== undefined) return { status: 'INCONCLUSIVE', reason: returned };
  if (over && undo !== undefined) return { status: 'FAIL', reason: 'it cleared while the node was down' };
  return { status: 'INCONCLUSIVE', reason: 'whether it cleared before the node was ordered back was not seen' };
}
