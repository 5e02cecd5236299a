import { formatDuration } from '../core/duration.ts';
import { EXIT, type ExitCode } from '../core/errors.ts';
import type { GateResult, GateSpec } from '../core/gate.ts';
import { type Verdict, worst } from '../core/outcome.ts';
import type { ScenarioPlan } from '../core/scenario.ts';
import { unreachable } from '../core/unreachable.ts';
import type { ScenarioOutcome } from '../journal/events.ts';
import type { JournalProblem } from '../journal/reader.ts';
import { armedFaults, type JournalView, mayBeAsked, outcomeOf, type ScenarioView } from '../journal/view.ts';
import { refusedRequests, refusedText } from './apart.ts';
import { continuityProblem } from './continuity.ts';
import { unlessCutShort } from './cut-short.ts';
import { faultMoment, undoMoment } from './faults.ts';
import { inconclusive } from './gate.ts';
import { scenarioGate, sessionGate } from './gates/index.ts';
import { returnedProblem, unlessReturned } from './returned.ts';
import { standstillProblem, unlessStoodStill } from './standstill.ts';

export interface JudgedGate {
  readonly spec: GateSpec;
  readonly result: GateResult;
}

export interface ScenarioJudgement {
  readonly plan: ScenarioPlan;
  readonly outcome: ScenarioOutcome | 'unfinished';
  readonly verdict: Verdict;
  /** Why it is not PASS, the gates' own reasons aside; empty when the gates say it all. */
  readonly why: string;
  readonly gates: readonly JudgedGate[];
}

export interface SessionJudgement {
  readonly scenarios: readonly ScenarioJudgement[];
  readonly session: readonly JudgedGate[];
  readonly verdict: Verdict;
  /** By the order of the README: 5, 4, 1, 130, 3, 0. */
  readonly exit: ExitCode;
  /** Every node whose undo was armed is known to be back. */
  readonly restored: boolean;
  /** One line for people: `FAIL: 4 of 5 drills passed; A failed`. */
  readonly headline: string;
}

/** The reason of every gate of a drill that never began. */
export const NOT_RUN = 'this drill was not run';

/** A limit that a verdict cannot be better than, and why. */
interface Cap {
  readonly verdict: Verdict;
  readonly why: string;
}

/**
 * Judges a whole session from its journal alone. `problems` are what the reader found wrong with the lines: a journal
 * that does not hang together proves nothing, so anything but the trace of a crash caps the session at INCONCLUSIVE.
 */
export function judgeSession(view: JournalView, problems: readonly JournalProblem[] = []): SessionJudgement {
  const scenarios = view.scenarios.map((scenario) => judgeScenario(scenario, view));
  const session = (view.started?.sessionGates ?? []).map((spec): JudgedGate => {
    const gate = sessionGate(spec.kind);
    const result = gate === undefined ? unknownGate(spec) : gate.judge(spec.params, { journal: view });
    return { spec, result: unlessStoodStill(spec.kind, result, view.scenarios) };
  });
  const caps = sessionCaps(view, problems);
  const verdict = worst([
    scenarios.length === 0 ? 'INCONCLUSIVE' : worst(scenarios.map((one) => one.verdict)),
    ...session.map((one) => one.result.status),
    ...caps.map((cap) => cap.verdict),
  ]);
  const restored = armedFaults(view).length === 0;
  return {
    scenarios,
    session,
    verdict,
    exit: exitOf(view, verdict, restored),
    restored,
    headline: headlineOf(view, scenarios, session, caps, verdict),
  };
}

export function judgeScenario(scenario: ScenarioView, journal: JournalView): ScenarioJudgement {
  const outcome = outcomeOf(scenario);
  const injected = scenario.faults.some(mayBeAsked);
  const gates = scenario.plan.gates.map((spec): JudgedGate => {
    if (outcome === 'not-run') return { spec, result: inconclusive(NOT_RUN) };
    if (!injected) return { spec, result: inconclusive('nothing was injected') };
    const gate = scenarioGate(spec.kind);
    const seen = gate === undefined ? unknownGate(spec) : gate.judge(spec.params, { scenario, journal });
    const result = unlessCutShort(spec, seen, scenario, journal);
    return { spec, result: unlessReturned(spec.kind, unlessStoodStill(spec.kind, result, [scenario]), scenario) };
  });
  const caps = scenarioCaps(scenario, journal, outcome);
  return {
    plan: scenario.plan,
    outcome,
    verdict: worst([worst(gates.map((one) => one.result.status)), ...caps.map((cap) => cap.verdict)]),
    why: caps.map((cap) => cap.why).join('; '),
    gates,
  };
}

function unknownGate(spec: GateSpec): GateResult {
  return inconclusive(`this version of gameday knows no gate "${spec.kind}"`);
}

/** What limits a scenario's verdict whatever its gates say. */
function scenarioCaps(
  scenario: ScenarioView,
  journal: JournalView,
  outcome: ScenarioJudgement['outcome'],
): readonly Cap[] {
  const caps: Cap[] = [];
  const cap = (verdict: Verdict, why: string) => caps.push({ verdict, why });
  const voided = returnedProblem(scenario);
  if (voided !== undefined) cap('INCONCLUSIVE', voided);
  const ended = outcomeCap(outcome, scenario.ended?.reason ?? '');
  // The engine ends such a drill as unproven, for the same reason.
  if (ended !== undefined && !(voided !== undefined && outcome === 'unproven')) caps.push(ended);
  // Who forces a drill may see it fail; that it holds all the same is luck, or a wrong sum.
  const forced = scenario.faults.some(mayBeAsked);
  if (scenario.plan.gates.length === 0)
    cap('INCONCLUSIVE', 'the drill has no gate: nothing was promised, so nothing was proven');
  for (const { check } of scenario.checks) {
    if (check.status === 'unattainable')
      cap('INCONCLUSIVE', `${forced ? 'forced: not attainable' : 'the target is out of reach'}: ${check.detail}`);
  }
  for (const phase of scenario.phases) {
    if (phase.phase === 'verify' && phase.ok === false)
      cap('FAIL', `not healed: ${phase.detail ?? 'the verify phase failed'}`);
  }
  if (scenario.aborts.length > 0 && outcome !== 'aborted') cap('FAIL', `aborted: ${scenario.aborts[0]?.reason ?? ''}`);
  for (const fault of scenario.faults) {
    if (fault.undoSettled?.outcome === 'not-restored')
      cap('FAIL', `${fault.node.name} was not restored: ${fault.undoSettled.detail}`);
    if (fault.settled?.commandGiven === false)
      cap('INCONCLUSIVE', `${fault.node.name} was not asked to stop: ${fault.settled.detail}`);
    else if (fault.settled?.outcome === 'failed')
      cap('INCONCLUSIVE', `the stop of ${fault.node.name} failed: ${fault.settled.detail}`);
  }
  if (outcome === 'completed') caps.push(...claimsOfCompletion(scenario, journal));
  // A request of our own that is wrong measures nothing, neither an outage nor service.
  for (const refused of refusedRequests(scenario)) cap('INCONCLUSIVE', refusedText(refused));
  const gap = continuityProblem(scenario, journal);
  if (gap !== undefined) cap('INCONCLUSIVE', gap);
  const stoodStill = standstillProblem([scenario]);
  if (stoodStill !== undefined) cap('INCONCLUSIVE', stoodStill);
  return caps;
}

function outcomeCap(outcome: ScenarioJudgement['outcome'], reason: string): Cap | undefined {
  // A reason that begins with the outcome's own word says it already.
  const because = reason === '' || reason === outcome ? '' : `: ${reason.replace(`${outcome}: `, '')}`;
  switch (outcome) {
    case 'completed':
      return undefined;
    case 'aborted':
      return { verdict: 'FAIL', why: `aborted${because}` };
    case 'not-injected':
      return { verdict: 'INCONCLUSIVE', why: `nothing was injected${because}` };
    case 'unproven':
      return { verdict: 'INCONCLUSIVE', why: `the fault could not be proven${because}` };
    case 'interrupted':
      return { verdict: 'INCONCLUSIVE', why: `interrupted${because}` };
    case 'error':
      return { verdict: 'INCONCLUSIVE', why: `ended by an error${because}` };
    case 'not-run':
      return { verdict: 'INCONCLUSIVE', why: `not run${because}` };
    case 'unfinished':
      return { verdict: 'INCONCLUSIVE', why: 'the journal stops in the middle of this drill' };
    default:
      return unreachable(outcome);
  }
}

/** "completed" is a claim of the engine: each step it stands for must be in the journal too. */
function claimsOfCompletion(scenario: ScenarioView, journal: JournalView): readonly Cap[] {
  const caps: Cap[] = [];
  const missing = (why: string) => caps.push({ verdict: 'INCONCLUSIVE', why });
  const held = (phase: string) => scenario.phases.findLast((one) => one.phase === phase)?.ok === true;
  if (!held('steady')) missing('the steady state was not seen to hold before the fault');
  if (!scenario.phases.some((one) => one.phase === 'verify' && one.ok !== undefined))
    missing('the steady state was not looked at afterwards');
  if (scenario.faults.length === 0) missing('the journal has no fault');
  const [proven, ordered] = [faultMoment(scenario.faults), undoMoment(scenario, journal)];
  const downMs = proven === undefined || ordered === undefined ? undefined : ordered.earliestMs - proven.latestMs;
  if (downMs !== undefined && downMs < scenario.plan.outageMs) {
    const [was, planned] = [formatDuration(downMs), formatDuration(scenario.plan.outageMs)];
    missing(`the nodes were down for ${was}, and ${planned} were planned`);
  }
  for (const fault of scenario.faults) {
    if (fault.proven === undefined) missing(`no proof that ${fault.node.name} was really gone`);
    if (fault.undoSettled === undefined) missing(`the journal does not say that ${fault.node.name} is back`);
  }
  return caps;
}

function sessionCaps(view: JournalView, problems: readonly JournalProblem[]): readonly Cap[] {
  const caps: Cap[] = [];
  for (const { title, id, reason, limits } of view.started?.notDrilled ?? []) {
    if (limits) caps.push({ verdict: 'INCONCLUSIVE', why: `${id} (${title}) not drilled: ${reason}` });
  }
  const broken = problems.find((problem) => problem.kind !== 'crash');
  if (broken !== undefined) caps.push({ verdict: 'INCONCLUSIVE', why: `journal line ${broken.line}: ${broken.text}` });
  for (const { by, reason } of view.takeovers) {
    const who = by === 'guard' ? 'the guard' : 'gameday recover';
    caps.push({ verdict: 'INCONCLUSIVE', why: `${who} took over: ${reason}` });
  }
  if (view.started === undefined)
    caps.push({ verdict: 'INCONCLUSIVE', why: 'the journal does not say what was to be drilled' });
  return caps;
}

function exitOf(view: JournalView, verdict: Verdict, restored: boolean): ExitCode {
  if (!restored) return EXIT.notRestored;
  if (view.scenarios.some((scenario) => scenario.ended?.internal === true)) return EXIT.internal;
  if (verdict === 'FAIL') return EXIT.fail;
  if (view.interrupts.length > 0) return EXIT.interrupted;
  return verdict === 'PASS' ? EXIT.pass : EXIT.inconclusive;
}

function headlineOf(
  view: JournalView,
  scenarios: readonly ScenarioJudgement[],
  session: readonly JudgedGate[],
  caps: readonly Cap[],
  verdict: Verdict,
): string {
  const left = armedFaults(view).map((fault) => fault.node.name);
  const ids = (status: Verdict) => scenarios.filter((one) => one.verdict === status).map((one) => one.plan.id);
  const parts = [`${ids('PASS').length} of ${scenarios.length} drills passed`];
  for (const { plan, aborts } of view.scenarios)
    if (aborts[0] !== undefined) parts.push(`${plan.id} aborted: ${aborts[0].reason}`);
  if (ids('FAIL').length > 0) parts.push(`failed: ${ids('FAIL').join(', ')}`);
  if (ids('INCONCLUSIVE').length > 0) parts.push(`inconclusive: ${ids('INCONCLUSIVE').join(', ')}`);
  const gates = (status: Verdict) => session.filter((one) => one.result.status === status).map((one) => one.spec.id);
  if (gates('FAIL').length > 0) parts.push(`session gates failed: ${gates('FAIL').join(', ')}`);
  if (gates('INCONCLUSIVE').length > 0) parts.push(`session gates inconclusive: ${gates('INCONCLUSIVE').join(', ')}`);
  parts.push(...caps.map((cap) => cap.why));
  const text = `${refusedBy(view)}${verdict}: ${parts.join('; ')}`;
  return left.length === 0 ? text : `NOT RESTORED: ${left.join(', ')}. ${text}`;
}

/** `refused: C: lab running: api-1 is down. `: what kept the session from its first drill. Empty when it was not refused. */
function refusedBy({ checks, scenarios, interrupts }: JournalView): string {
  // What an interrupt cut short is not blocked.
  if (interrupts.length > 0 || scenarios.some((scenario) => scenario.started !== undefined)) return '';
  const blocked = [...checks, ...scenarios.flatMap((scenario) => scenario.checks)]
    .filter(({ check }) => check.status === 'blocked')
    .map(({ scenario, check }) => `${scenario === null ? '' : `${scenario} `}${check.name}: ${check.detail}`);
  return blocked.length === 0 ? '' : `refused: ${[...new Set(blocked)].join('; ')}. `;
}
