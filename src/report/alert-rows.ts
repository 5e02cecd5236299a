import type { JournalView, ScenarioView } from '../journal/view.ts';
import { type AlertPart, longestPart, partsText } from '../verdict/alert-parts.ts';
import { carriesOne, faultsOf, wantedLabels } from '../verdict/alerts.ts';
import { type AlertSteps, type JudgedAlert, judgeAlert } from '../verdict/expected-alerts.ts';
import { faultMoment } from '../verdict/faults.ts';
import { type Interval, rangeText } from '../verdict/intervals.ts';
import type { Moment } from './moment.ts';
import { alertName, placeOf } from './words.ts';

/** An expected alert's way, all text. */
export interface AlertRow {
  /** `PostgresNodeDown (pg-1)`. */
  readonly name: string;
  readonly status: string;
  readonly pending: string;
  readonly firing: string;
  readonly present: string;
  readonly resolved: string;
  /** `scrape 800ms, evaluation 600ms, for 5s, delivery 100ms; longest: for`; empty where nothing is known. */
  readonly parts: string;
}

/** The same for machines: bounds in ms, null where it was not seen. */
export interface AlertResult {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly status: string;
  readonly reason: string;
  readonly ms: Readonly<Record<keyof AlertSteps, readonly [number, number | null] | null>>;
  readonly partsMs: Readonly<Record<AlertPart, number | null>> | null;
  readonly longest: AlertPart | null;
}

/** An alert that began during the drill and that nobody had announced. */
export interface UnexpectedAlert {
  readonly text: string;
  readonly moment: Moment;
}

export function alertRows(scenario: ScenarioView, journal: JournalView): readonly AlertRow[] {
  return judged(scenario, journal).map(({ expected, nodes, status, steps, parts }) => ({
    name: `${expected.name}${nodes.length === 0 ? '' : ` (${nodes.join(', ')})`}`,
    status,
    pending: stepText(steps.pending),
    firing: stepText(steps.firing),
    present: stepText(steps.present),
    resolved: stepText(steps.resolved),
    parts: parts === undefined ? '' : partsText(parts),
  }));
}

export function alertResults(scenario: ScenarioView, journal: JournalView): readonly AlertResult[] {
  return judged(scenario, journal).map(({ expected, nodes, status, reason, steps, parts }) => ({
    name: expected.name,
    nodes,
    status,
    reason,
    ms: {
      pending: boundsOf(steps.pending),
      firing: boundsOf(steps.firing),
      present: boundsOf(steps.present),
      resolved: boundsOf(steps.resolved),
    },
    partsMs:
      parts === undefined
        ? null
        : {
            scrape: figure(parts.scrape),
            evaluation: figure(parts.evaluation),
            for: figure(parts.for),
            delivery: figure(parts.delivery),
          },
    longest: parts === undefined ? null : (longestPart(parts) ?? null),
  }));
}

/** Each alert and place once, when it was first seen. */
export function unexpectedAlerts(scenario: ScenarioView): readonly UnexpectedAlert[] {
  const fromMs = scenario.faults[0]?.requested?.t;
  if (fromMs === undefined) return [];
  const isExpected = (name: string, labels: Readonly<Record<string, string>>) =>
    scenario.plan.alerts.some(
      (expected) => expected.name === name && carriesOne(labels, wantedLabels(expected, faultsOf(expected, scenario))),
    );
  const seen = new Map<string, UnexpectedAlert>();
  for (const change of scenario.alerts) {
    const { name, labels, to, where, seq, notAfter } = change;
    if (to === 'inactive' || to === 'pending' || notAfter < fromMs || isExpected(name, labels)) continue;
    const component = labels.component === undefined ? '' : `, component ${labels.component}`;
    const text = `${alertName(change)}${component}: ${to} in ${placeOf(where)}`;
    if (!seen.has(text)) seen.set(text, { text, moment: { seq, t: notAfter } });
  }
  return [...seen.values()];
}

/** Nothing is due where nothing was broken. */
function judged(scenario: ScenarioView, journal: JournalView): readonly JudgedAlert[] {
  if (faultMoment(scenario.faults) === undefined) return [];
  return scenario.plan.alerts.map((expected) => judgeAlert(expected, scenario, journal));
}

function stepText(step: Interval | undefined): string {
  return step === undefined ? 'not seen' : rangeText(step);
}

function boundsOf(step: Interval | undefined): readonly [number, number | null] | null {
  return step === undefined ? null : [rounded(step.lowerMs), figure(step.upperMs)];
}

function figure(ms: number | undefined): number | null {
  return ms === undefined ? null : rounded(ms);
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
