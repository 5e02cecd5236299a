import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import type { AlertExpectation } from '../../core/scenario.ts';
import type { JournalView, ScenarioView } from '../../journal/view.ts';
import { type AlertInstance, faultsOf, instancesOf, wantedLabels, wasActiveAt, wasBlind } from '../alerts.ts';
import { faultMoment, type Moment, since, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type SessionContext } from '../gate.ts';
import { type Interval, judgeInterval, measuredText, rangeText, underText } from '../intervals.ts';
import { longestOf } from '../outages.ts';

export type AlertsParams = Record<string, never>;

/** Every expected alert of every drill was inactive before, fired in Alertmanager in time, and resolved afterwards. */
export const alerts = defineGate<AlertsParams, SessionContext>('alerts', () => ({}), judge);

interface Fired {
  /** `A PostgresNodeDown`. */
  readonly name: string;
  readonly status: Verdict;
  readonly interval: Interval | undefined;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

function judge(_params: AlertsParams, { journal }: SessionContext): GateResult {
  const drilled = journal.scenarios.filter((one) => faultMoment(one.faults) !== undefined);
  if (drilled.length === 0) return inconclusive('no fault was proven: no alert was due');
  const fired = drilled.flatMap((scenario) =>
    scenario.plan.alerts.map((expected) => ofAlert(expected, scenario, journal)),
  );
  if (fired.length === 0) return inconclusive('no alert is expected by any drill');
  const timed = fired.flatMap((one) => (one.interval === undefined ? [] : [one.interval]));
  const slowest = timed.length === 0 ? undefined : longestOf(timed);
  const limits = drilled.flatMap((scenario) => scenario.plan.alerts.map((expected) => underText(expected.withinMs)));
  const list = fired.map(
    (one) => `${one.name} ${one.interval === undefined ? 'not seen' : measuredText(one.interval)}`,
  );
  return {
    status: worst(fired.map((one) => one.status)),
    measured: `${slowest === undefined ? '' : `slowest ${measuredText(slowest)}: `}${list.join(', ')}`,
    limit: [...new Set(limits)].join(', '),
    uncertainty: slowest === undefined ? '' : `${rangeText(slowest)}, polled each second`,
    reason: fired.flatMap((one) => (one.reason === '' ? [] : [`${one.name}: ${one.reason}`])).join('; '),
    value: slowest?.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(...fired.flatMap((one) => one.evidence)),
  };
}

function ofAlert(expected: AlertExpectation, scenario: ScenarioView, journal: JournalView): Fired {
  const name = `${scenario.plan.id} ${expected.name}`;
  const no = (status: Verdict, reason: string): Fired => ({ name, status, interval: undefined, reason, evidence: [] });
  const { baseline } = scenario;
  const faults = faultsOf(expected, scenario);
  const moment = faultMoment(faults);
  if (moment === undefined) return no('INCONCLUSIVE', `there was no ${expected.of} fault, or it was not proven`);
  if (baseline === undefined || baseline.t > moment.earliestMs)
    return no('INCONCLUSIVE', 'the alerts were not read before the fault');
  if (!baseline.rules.includes(expected.name))
    return no('FAIL', 'no such alerting rule is loaded, so it can never fire');
  const wanted = wantedLabels(expected, faults);
  if (wasActiveAt(scenario, expected.name, wanted, moment.earliestMs))
    return no('INCONCLUSIVE', 'it was active already before the fault');
  const instances = instancesOf(scenario, expected.name, wanted, 'alertmanager').filter(
    (one) => firing(one, moment) !== undefined,
  );
  const [first] = instances.flatMap((one) => firing(one, moment) ?? []).sort((a, b) => a.notAfter - b.notAfter);
  const undoMs = undoMoment(scenario, journal)?.earliestMs;
  if (first === undefined) return unfired(expected, scenario, moment, undoMs, no);

  const interval = since(moment, first.notBefore, first.notAfter);
  const inTime = judgeInterval(interval, expected.withinMs);
  const resolved = resolution(instances, scenario);
  const late = inTime === 'PASS' ? [] : [`fired ${measuredText(interval)} after the fault (${rangeText(interval)})`];
  return {
    name,
    status: worst([inTime, resolved.status]),
    interval,
    reason: [...late, ...(resolved.reason === '' ? [] : [resolved.reason])].join(', '),
    evidence: [{ seq: baseline.seq }, { seq: first.seq }, ...moment.evidence, ...resolved.evidence],
  };
}

function firing(instance: AlertInstance, moment: Moment) {
  return instance.changes.find((change) => change.to === 'firing' && change.notAfter > moment.earliestMs);
}

/** It never fired. That is a FAIL only where somebody looked long enough while the node was down. */
function unfired(
  expected: AlertExpectation,
  scenario: ScenarioView,
  moment: Moment,
  undoMs: number | undefined,
  no: (status: Verdict, reason: string) => Fired,
): Fired {
  const until = Math.min(undoMs ?? moment.latestMs, moment.latestMs + expected.withinMs);
  if (wasBlind(scenario, moment.earliestMs, until)) return no('INCONCLUSIVE', 'the alert servers could not be read');
  const watched = since(moment, undoMs ?? moment.latestMs, undefined);
  const status = judgeInterval(watched, expected.withinMs);
  const text = `did not fire for the stopped node in ${formatDuration(watched.lowerMs)}`;
  return no(status, status === 'FAIL' ? text : `${text}, which is less than its limit`);
}

/** Every instance that fired must have become inactive again by the end of the drill. */
function resolution(
  instances: readonly AlertInstance[],
  scenario: ScenarioView,
): Pick<Fired, 'status' | 'reason' | 'evidence'> {
  const last = instances.flatMap((one) => one.changes.at(-1) ?? []);
  const evidence = last.map(({ seq }) => ({ seq }));
  if (last.every((change) => change.to === 'inactive')) return { status: 'PASS', reason: '', evidence };
  const verify = scenario.phases.findLast((one) => one.phase === 'verify');
  if (verify?.endedAt === undefined || wasBlind(scenario, verify.startedAt, verify.endedAt)) {
    return { status: 'INCONCLUSIVE', reason: 'whether it resolved was not seen', evidence };
  }
  return { status: 'FAIL', reason: 'it did not resolve afterwards', evidence };
}
