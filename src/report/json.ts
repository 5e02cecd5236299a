import type { Evidence, GateResult } from '../core/gate.ts';
import type { Verdict } from '../core/outcome.ts';
import type { FaultView, JournalView, ScenarioView } from '../journal/view.ts';
import { backPressure } from '../verdict/apart.ts';
import type { JudgedGate, ScenarioJudgement, SessionJudgement } from '../verdict/judge.ts';
import { type Punctuality, punctualityOf } from '../verdict/punctuality.ts';
import { type AlertResult, alertResults, unexpectedAlerts } from './alert-rows.ts';
import { findingsOf } from './findings.ts';
import { headOf, type Moments, momentsOf } from './moment.ts';
import { witnessesOf } from './witnesses.ts';

interface ResultGate {
  readonly id: string;
  readonly title: string;
  readonly status: Verdict;
  readonly measured: string;
  readonly limit: string;
  readonly uncertainty: string;
  readonly value: number | null;
  readonly unit: GateResult['unit'];
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

/** Durations in ms of the monotonic clock; null where the journal has no such event. */
interface ResultFault {
  readonly id: string;
  readonly node: string;
  readonly action: string;
  readonly requestedAt: string | null;
  readonly provenMs: number | null;
  /** Fault requested to undo requested. */
  readonly outageMs: number | null;
  readonly undoMs: number | null;
  readonly restored: boolean;
}

/** How one series of looks kept to its schedule; lateness is from the scheduled start to the real one, in ms. */
interface ResultLooking {
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly looks: number;
  readonly lateness: Punctuality['lateness'] | null;
  readonly missed: Punctuality['missed'];
}

interface ResultScenario {
  readonly id: string;
  /** Of a second strike: the id of the first. */
  readonly secondOf?: string;
  readonly slug: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly outcome: ScenarioJudgement['outcome'];
  readonly why: string;
  readonly gates: readonly ResultGate[];
  readonly faults: readonly ResultFault[];
  readonly looking: readonly ResultLooking[];
  readonly alerts: readonly AlertResult[];
  readonly unexpectedAlerts: readonly { readonly text: string; readonly at: string }[];
  readonly witnesses: readonly ResultWitness[];
  /** Answers 429, by probe. */
  readonly backPressure: readonly { readonly probe: string; readonly count: number; readonly of: number }[];
}

interface ResultWitness {
  readonly name: string;
  readonly firstBadAt: string;
  readonly lastBadAt: string;
  readonly lowerMs: number;
  readonly upperMs: number | null;
  readonly outages: number;
}

/** result.json and the document that `--json` prints. */
export interface ResultJson {
  readonly version: 1;
  readonly gameday: string | null;
  readonly session: string | null;
  readonly environment: string | null;
  readonly kind: string | null;
  readonly profile: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly verdict: Verdict;
  readonly exit: number;
  readonly restored: boolean;
  readonly headline: string;
  readonly scenarios: readonly ResultScenario[];
  readonly notDrilled: readonly {
    readonly id: string;
    readonly title: string;
    readonly reason: string;
    readonly limits: boolean;
  }[];
  readonly sessionGates: readonly ResultGate[];
  readonly gaps: readonly {
    readonly scenario: string | null;
    readonly kind: string;
    readonly text: string;
    readonly at: string;
  }[];
  /** The line that ended the session, counted from 1. Its hash is not here: it would vouch for itself. */
  readonly head: { readonly line: number } | null;
}

/**
 * Pure: the same object for the same journal. Texts are as they stand in the journal, for machines to read. `lineOf`: on
 * which line of the file a record stands, which is not its number where a crash left torn lines.
 */
export function resultJson(
  view: JournalView,
  judgement: SessionJudgement,
  lineOf: (seq: number) => number = (seq) => seq + 1,
): ResultJson {
  const { started, ended } = view;
  const moments = momentsOf(view);
  const head = headOf(view);
  return {
    version: 1,
    gameday: view.writers[0]?.version ?? null,
    session: started?.session ?? null,
    environment: started?.environment ?? null,
    kind: started?.kind ?? null,
    profile: started?.profile ?? null,
    startedAt: started?.at ?? null,
    endedAt: ended?.at ?? null,
    verdict: judgement.verdict,
    exit: judgement.exit,
    restored: judgement.restored,
    headline: judgement.headline,
    scenarios: judgement.scenarios.map((judged) => scenarioResult(judged, view, moments)),
    notDrilled: started?.notDrilled ?? [],
    sessionGates: judgement.session.map(gateResult),
    gaps: findingsOf(view, judgement).map(({ scenario, kind, text, moment }) => ({
      scenario,
      kind,
      text,
      at: moments.iso(moment),
    })),
    head: head === undefined ? null : { line: lineOf(head.seq) },
  };
}

function scenarioResult(judged: ScenarioJudgement, view: JournalView, moments: Moments): ResultScenario {
  const { plan, verdict, outcome, why, gates } = judged;
  const scenario = view.scenarios.find((one) => one.plan.id === plan.id);
  return {
    id: plan.id,
    ...(plan.secondOf === undefined ? {} : { secondOf: plan.secondOf }),
    slug: plan.slug,
    title: plan.title,
    verdict,
    outcome,
    why,
    gates: gates.map(gateResult),
    faults: (scenario?.faults ?? []).map(faultResult),
    looking:
      scenario === undefined ? [] : punctualityOf(scenario).map((one) => ({ ...one, lateness: one.lateness ?? null })),
    ...(scenario === undefined ? NOTHING_SEEN : seenIn(scenario, view, moments)),
  };
}

type Seen = Pick<ResultScenario, 'alerts' | 'unexpectedAlerts' | 'witnesses' | 'backPressure'>;

const NOTHING_SEEN: Seen = { alerts: [], unexpectedAlerts: [], witnesses: [], backPressure: [] };

function seenIn(scenario: ScenarioView, view: JournalView, moments: Moments): Seen {
  return {
    alerts: alertResults(scenario, view),
    unexpectedAlerts: unexpectedAlerts(scenario).map(({ text, moment }) => ({ text, at: moments.iso(moment) })),
    witnesses: witnessesOf(scenario).map(({ name, first, last, length, outages }) => ({
      name,
      firstBadAt: moments.iso(first),
      lastBadAt: moments.iso(last),
      lowerMs: rounded(length.lowerMs),
      upperMs: length.upperMs === undefined ? null : rounded(length.upperMs),
      outages,
    })),
    backPressure: backPressure(scenario).map(({ probe, count, of }) => ({ probe, count, of })),
  };
}

function gateResult({ spec, result }: JudgedGate): ResultGate {
  const { status, measured, limit, uncertainty, unit, reason, evidence } = result;
  const value = result.value === null ? null : rounded(result.value);
  return { id: spec.id, title: spec.title, status, measured, limit, uncertainty, value, unit, reason, evidence };
}

function faultResult(fault: FaultView): ResultFault {
  const { requested, proven, undoRequested, undoSettled } = fault;
  return {
    id: fault.id,
    node: fault.node.name,
    action: requested?.action ?? fault.undo.action,
    requestedAt: requested?.at ?? null,
    provenMs: between(requested, proven),
    outageMs: between(requested, undoRequested),
    undoMs: between(undoRequested, undoSettled),
    restored: undoSettled?.outcome === 'restored',
  };
}

function between(from: { readonly t: number } | undefined, to: { readonly t: number } | undefined): number | null {
  return from === undefined || to === undefined ? null : rounded(to.t - from.t);
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
