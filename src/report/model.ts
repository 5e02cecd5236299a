import { formatDuration } from '../core/duration.ts';
import type { GateResult, GateSpec } from '../core/gate.ts';
import { clockOf } from '../core/time.ts';
import type { JournalProblem } from '../journal/reader.ts';
import { type JournalView, outcomeOf, type ScenarioView } from '../journal/view.ts';
import { backPressure } from '../verdict/apart.ts';
import type { SessionJudgement } from '../verdict/judge.ts';
import { punctualityOf } from '../verdict/punctuality.ts';
import { type AlertRow, alertRows, unexpectedAlerts } from './alert-rows.ts';
import { exitMeaning } from './exit.ts';
import { type Finding, findingsOf } from './findings.ts';
import { keyFigures } from './key-figures.ts';
import { lookingModel, type ReportLooking } from './looking.ts';
import { headOf, type Moments, momentsOf } from './moment.ts';
import { notDrilledRows } from './not-drilled.ts';
import { recordText } from './record-text.ts';
import { type TimelineRow, timeline } from './timeline.ts';
import { type WitnessRow, witnessRows } from './witnesses.ts';

/** A gate's row. All text; `reason` is empty on a plain PASS. */
interface ReportGate {
  readonly id: string;
  readonly title: string;
  readonly measured: string;
  readonly limit: string;
  readonly uncertainty: string;
  readonly status: string;
  readonly reason: string;
}

interface ReportFinding {
  readonly number: number;
  /** `A`, or `session`. */
  readonly scenario: string;
  readonly kind: string;
  readonly text: string;
  readonly timestamp: string;
}

interface ReportScenario {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly purpose: string;
  readonly outcome: string;
  readonly verdict: string;
  readonly why: string;
  readonly keyFigure: string;
  readonly nodes: string;
  readonly gates: readonly ReportGate[];
  /** Gates that have something to say beside their numbers. */
  readonly remarks: readonly { readonly id: string; readonly status: string; readonly reason: string }[];
  /** Checks before the drill that were not simply ok. */
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly detail: string;
    readonly hint: string;
  }[];
  readonly hasAlerts: boolean;
  readonly alerts: readonly AlertRow[];
  /** Alerts that began during the drill and that nobody had announced. */
  readonly hasUnexpectedAlerts: boolean;
  readonly unexpectedAlerts: readonly { readonly timestamp: string; readonly text: string }[];
  readonly hasWitnesses: boolean;
  readonly witnesses: readonly WitnessRow[];
  /** Probes that were told to slow down (429), which is no outage. */
  readonly backPressure: readonly { readonly probe: string; readonly count: number; readonly of: number }[];
  readonly rows: readonly TimelineRow[];
  readonly looking: readonly ReportLooking[];
  readonly notProven: readonly { readonly text: string }[];
  readonly notes: readonly { readonly timestamp: string; readonly text: string }[];
}

/** Everything a template can show. Plain data and raw text: what is written out is escaped by the renderer. */
export interface ReportModel {
  readonly session: string;
  readonly environment: string;
  readonly kind: string;
  readonly profile: string;
  /** `2026-11-20`. */
  readonly date: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly duration: string;
  readonly alertSource: string;
  /** How complete the record of acknowledged writes is; empty for a journal that does not say. */
  readonly record: string;
  readonly verdict: string;
  readonly headline: string;
  readonly exit: number;
  readonly exitMeaning: string;
  /** Empty when the session ended in order. */
  readonly unfinished: string;
  readonly problems: readonly { readonly line: number; readonly text: string }[];
  readonly scenarios: readonly ReportScenario[];
  readonly sessionGates: readonly ReportGate[];
  readonly sessionRemarks: ReportScenario['remarks'];
  readonly sessionChecks: ReportScenario['checks'];
  readonly sessionNotes: ReportScenario['notes'];
  readonly hasFindings: boolean;
  readonly findings: readonly ReportFinding[];
  readonly hasNotDrilled: boolean;
  readonly notDrilled: readonly { readonly id: string; readonly title: string; readonly reason: string }[];
  readonly versions: readonly { readonly name: string; readonly version: string }[];
  readonly runbooks: readonly { readonly scenario: string; readonly path: string; readonly sha256: string }[];
  readonly template: { readonly source: string; readonly sha256: string };
  /** The line that ended the session (or the last there is), counted from 1. */
  readonly journal: { readonly line: number };
}

/** The report as data. Pure: the journal and its judgement say everything. Accepts a journal that stops anywhere. */
export function buildReport(
  view: JournalView,
  judgement: SessionJudgement,
  problems: readonly JournalProblem[],
): ReportModel {
  const moments = momentsOf(view);
  const findings = findingsOf(view, judgement);
  const { started } = view;
  const head = headOf(view);
  const first = view.records[0];
  return {
    session: started?.session ?? 'unknown session',
    environment: started?.environment ?? 'unknown environment',
    kind: started?.kind ?? 'unknown',
    profile: started?.profile ?? 'unknown',
    date: (started ?? first)?.at.slice(0, 10) ?? 'unknown date',
    startedAt: (started ?? first)?.at ?? 'unknown',
    endedAt: head?.at ?? 'unknown',
    duration: started === undefined || head === undefined ? 'unknown' : formatDuration(head.t - started.t),
    alertSource: started?.alertSource ?? '',
    record: recordText(view),
    verdict: judgement.verdict,
    headline: judgement.headline,
    exit: judgement.exit,
    exitMeaning: exitMeaning(view, judgement),
    unfinished:
      view.ended === undefined ? 'The journal has no end: the session was cut short, or is still going on.' : '',
    problems: problems.map(({ line, text }) => ({ line, text })),
    scenarios: view.scenarios.map((scenario) => scenarioModel(view, scenario, judgement, findings, moments)),
    sessionGates: judgement.session.map(gateModel),
    sessionRemarks: remarks(judgement.session),
    sessionChecks: view.checks.map(({ check }) => check).filter((check) => check.status !== 'ok'),
    sessionNotes: sessionNotes(view),
    hasFindings: findings.length > 0,
    findings: findings.map((one, index) => findingModel(one, index, moments)),
    hasNotDrilled: (started?.notDrilled.length ?? 0) > 0,
    notDrilled: notDrilledRows(started?.notDrilled ?? []),
    versions: Object.entries(started?.versions ?? {}).map(([name, version]) => ({ name, version })),
    runbooks: (started?.runbooks ?? []).map((one) => ({
      scenario: one.scenario,
      path: one.path,
      sha256: one.sha256 ?? 'missing',
    })),
    template: { source: started?.template.source ?? 'unknown', sha256: started?.template.sha256 ?? 'unknown' },
    journal: { line: (head?.seq ?? -1) + 1 },
  };
}

function scenarioModel(
  view: JournalView,
  scenario: ScenarioView,
  judgement: SessionJudgement,
  findings: readonly Finding[],
  moments: Moments,
): ReportScenario {
  const { plan } = scenario;
  const judged = judgement.scenarios.find((one) => one.plan.id === plan.id);
  const gates = judged?.gates ?? [];
  const own = findings.filter((finding) => finding.scenario === plan.id);
  const alerts = alertRows(scenario, view);
  const unexpected = unexpectedAlerts(scenario);
  const witnesses = witnessRows(scenario, moments);
  const struck = scenario.faults.map((fault) => fault.node.name);
  return {
    id: plan.id,
    slug: plan.slug,
    title: plan.title,
    purpose: plan.purpose,
    outcome: judged?.outcome ?? outcomeOf(scenario),
    verdict: judged?.verdict ?? 'INCONCLUSIVE',
    why: judged?.why ?? 'not judged',
    keyFigure: keyFigures(gates).join('; '),
    nodes: struck.length === 0 ? 'none' : struck.join(', '),
    gates: gates.map(gateModel),
    remarks: remarks(gates),
    checks: scenario.checks.map(({ check }) => check).filter((check) => check.status !== 'ok'),
    hasAlerts: alerts.length > 0,
    alerts,
    hasUnexpectedAlerts: unexpected.length > 0,
    unexpectedAlerts: unexpected.map(({ text, moment }) => ({
      timestamp: moments.stamp(moment, scenario.faults[0]?.requested),
      text,
    })),
    hasWitnesses: witnesses.length > 0,
    witnesses,
    backPressure: backPressure(scenario).map(({ probe, count, of }) => ({ probe, count, of })),
    rows: timeline(view, scenario, own, moments),
    looking: punctualityOf(scenario).map(lookingModel),
    notProven: notProven(scenario, gates),
    notes: scenario.notes.map((note) => ({ timestamp: `${clockOf(note.at)}Z`, text: note.text })),
  };
}

function gateModel({ spec, result }: { readonly spec: GateSpec; readonly result: GateResult }): ReportGate {
  const { measured, limit, uncertainty, status, reason } = result;
  return { id: spec.id, title: spec.title, measured, limit, uncertainty, status, reason };
}

function remarks(
  gates: readonly { readonly spec: GateSpec; readonly result: GateResult }[],
): ReportScenario['remarks'] {
  return gates
    .filter(({ result }) => result.reason !== '')
    .map(({ spec, result }) => ({ id: spec.id, status: result.status, reason: result.reason }));
}

/** What the drill says that it cannot show, and what this time could not be seen. */
function notProven(
  scenario: ScenarioView,
  gates: readonly { readonly spec: GateSpec; readonly result: GateResult }[],
): ReportScenario['notProven'] {
  const unseen = gates
    .filter(({ result }) => result.status === 'INCONCLUSIVE')
    .map(({ spec }) => `This time: ${spec.title}.`);
  return [...scenario.plan.notProven, ...unseen].map((text) => ({ text }));
}

function sessionNotes(view: JournalView): ReportScenario['notes'] {
  const said = (one: { readonly seq: number; readonly at: string }, text: string) => ({
    seq: one.seq,
    timestamp: `${clockOf(one.at)}Z`,
    text,
  });
  const notes = view.notes.map((one) => said(one, one.text));
  const signals = view.interrupts.map((one) => said(one, `${one.signal} came`));
  const losses = view.guardLosses.map((one) => said(one, `the guard ended early: ${one.detail}`));
  const takeovers = view.takeovers.map((one) =>
    said(one, `${one.by === 'guard' ? 'the guard' : 'gameday recover'} took over: ${one.reason}`),
  );
  return [...notes, ...signals, ...losses, ...takeovers]
    .sort((a, b) => a.seq - b.seq)
    .map(({ timestamp, text }) => ({ timestamp, text }));
}

function findingModel(finding: Finding, index: number, moments: Moments): ReportFinding {
  const { kind, text } = finding;
  return {
    number: index + 1,
    scenario: finding.scenario ?? 'session',
    kind,
    text,
    timestamp: `${clockOf(moments.iso(finding.moment))}Z`,
  };
}
