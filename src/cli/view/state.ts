import { classify } from '../../core/outcome.ts';
import type { ScenarioPlan } from '../../core/scenario.ts';
import { entryOf, isLook } from '../../journal/entries.ts';
import type { JournalRecord, Phase } from '../../journal/events.ts';
import { safeText } from '../../report/safe.ts';
import { availabilityText, type Look, listed } from './availability.ts';

/** Kept of each series: more than the window holds. */
const MOST_LOOKS = 2_000;

/** The latest look or write that was bad. `isOver`: the same series has been good since. */
interface LastError {
  readonly at: number;
  readonly series: string;
  readonly text: string;
  isOver: boolean;
}

/** What a person watching wants to know of one scenario. Folded from the journal's records. */
export interface ScenarioState {
  readonly plan: Pick<ScenarioPlan, 'id' | 'title' | 'probes' | 'ledgers'>;
  status: 'pending' | 'running' | 'ended';
  phase: Phase | undefined;
  /** CLOCK_MONOTONIC in ms of the first fault request. */
  faultAt: number | undefined;
  waiting: string;
  lastError: LastError | undefined;
  /** What a person must type, for each node that is not restored. */
  readonly byHand: string[];
  /** Where each node that was struck is now, by fault: `down`, `restoring`. */
  readonly struck: Map<string, { readonly node: string; readonly is: string }>;
  /** The outcome, and why; empty while it runs. */
  ended: string;
  why: string;
  /** Looks of each probe and writes of each ledger that users feel, oldest first. */
  readonly looks: Map<string, Look[]>;
}

export interface ViewState {
  readonly scenarios: Map<string, ScenarioState>;
  /** What the session itself is doing or saying last. */
  headline: string;
  restoring: boolean;
  /** The session's verdict; empty until it was judged. */
  verdict: string;
}

export function newViewState(): ViewState {
  return {
    scenarios: new Map(),
    headline: 'looking at everything before anything is broken',
    restoring: false,
    verdict: '',
  };
}

/** Takes one record into the state. */
export function foldRecord(state: ViewState, record: JournalRecord): void {
  if (record.type === 'session.started') {
    for (const plan of record.scenarios) state.scenarios.set(plan.id, newScenario(plan));
    return;
  }
  if (record.type === 'interrupted') {
    state.restoring = true;
    state.headline =
      record.count > 1
        ? 'still restoring: the commands to do it by hand stand in session.log'
        : 'interrupted: restoring what was broken';
    return;
  }
  if (record.type === 'session.ended') {
    state.verdict = `${record.verdict}, exit ${record.exit}`;
    return;
  }
  const scenario = 'scenario' in record && record.scenario !== null ? state.scenarios.get(record.scenario) : undefined;
  if (scenario !== undefined) foldScenario(scenario, record);
}

function newScenario(plan: ScenarioPlan): ScenarioState {
  return {
    plan,
    status: 'pending',
    phase: undefined,
    faultAt: undefined,
    waiting: '',
    lastError: undefined,
    byHand: [],
    struck: new Map(),
    ended: '',
    why: '',
    looks: new Map(),
  };
}

function foldScenario(scenario: ScenarioState, record: JournalRecord): void {
  switch (record.type) {
    case 'scenario.started':
      scenario.status = 'running';
      return;
    case 'scenario.ended':
      scenario.status = 'ended';
      scenario.ended = record.outcome;
      scenario.why = record.reason === record.outcome ? '' : safeText(record.reason);
      return;
    case 'phase.started':
      scenario.phase = record.phase;
      scenario.waiting = '';
      return;
    case 'waiting':
      scenario.waiting = safeText(record.detail);
      return;
    case 'fault.requested':
      scenario.faultAt ??= record.t;
      put(scenario, record.fault, record.node.name, 'stopping');
      return;
    case 'fault.settled':
      if (record.commandGiven === false) scenario.struck.delete(record.fault);
      return;
    case 'fault.proven':
      put(scenario, record.fault, record.node, 'down');
      return;
    case 'fault.returned':
      put(scenario, record.fault, record.node, 'back by itself');
      return;
    case 'undo.requested':
      put(scenario, record.fault, record.node, 'restoring');
      return;
    case 'undo.settled':
      if (record.outcome === 'not-restored') {
        put(scenario, record.fault, record.node, 'NOT RESTORED');
        scenario.byHand.push(safeText(record.byHand));
        // What was never asked to stop has not been restored either.
      } else if (scenario.struck.has(record.fault)) put(scenario, record.fault, record.node, 'restored');
      return;
    case 'samples': {
      const looks = looksOf(scenario, scenario.plan.probes, record.probe);
      for (const [, startedAt, endedAt, outcome, detail] of record.items) {
        const kind = classify(outcome);
        if (kind !== 'apart') take(scenario, record.probe, looks, startedAt, endedAt, kind === 'good', outcome, detail);
      }
      return;
    }
    case 'ledger.entries': {
      const looks = looksOf(scenario, scenario.plan.ledgers, record.ledger);
      for (const { startedAt, endedAt, outcome, detail } of record.items.map(entryOf).filter(isLook))
        take(scenario, record.ledger, looks, startedAt, endedAt, outcome === 'acked', outcome, detail);
      return;
    }
    default:
      return;
  }
}

function put({ struck }: ScenarioState, fault: string, node: string, is: string): void {
  struck.set(fault, { node: safeText(node), is });
}

/** Where the looks of a series are kept; undefined for one that users do not feel. */
function looksOf(
  { looks }: ScenarioState,
  plans: readonly { readonly name: string; readonly user: boolean }[],
  series: string,
): Look[] | undefined {
  if (plans.find(({ name }) => name === series)?.user !== true) return undefined;
  const kept = (looks.get(series) ?? []).slice(-MOST_LOOKS);
  looks.set(series, kept);
  return kept;
}

function take(
  scenario: ScenarioState,
  series: string,
  looks: Look[] | undefined,
  startedAt: number,
  endedAt: number,
  good: boolean,
  outcome: string,
  detail: string | undefined,
): void {
  looks?.push({ at: startedAt, good });
  const { lastError } = scenario;
  if (good) {
    if (lastError?.series === series) lastError.isOver = true;
    return;
  }
  const text = safeText(`${series}: ${detail === undefined ? outcome : `${outcome}: ${detail}`}`);
  scenario.lastError = { at: endedAt, series, text, isOver: false };
}

/**
 * `A observe, 12s since the fault, pg-1 down: Postgres failover`: what changes comes first, for narrow terminals. `now`
 * is CLOCK_MONOTONIC in ms.
 */
export function titleOf(scenario: ScenarioState, now: number): string {
  const { plan, status, phase, faultAt, ended, why } = scenario;
  if (status === 'pending') return `${plan.id} ${plan.title}`;
  const nodes = nodesText(scenario);
  if (status === 'ended') return `${plan.id} ${ended}${nodes}: ${why === '' ? plan.title : why}`;
  const since = faultAt === undefined ? '' : `, ${seconds(now - faultAt)} since the fault`;
  return `${plan.id} ${phase ?? 'starting'}${since}${nodes}: ${plan.title}`;
}

/** `, minio-1 and minio-2 down`; empty before the first fault. */
function nodesText({ struck }: ScenarioState): string {
  const byState = new Map<string, string[]>();
  for (const { node, is } of struck.values()) byState.set(is, [...(byState.get(is) ?? []), node]);
  return [...byState].map(([is, nodes]) => `, ${listed(nodes)} ${is}`).join('');
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.floor(ms / 1_000))}s`;
}

/** What must be done by hand, what is waited for, what users get at the moment, and the last error: a line each, without those that say nothing. */
export function detailsOf(scenario: ScenarioState, now: number): readonly string[] {
  const { waiting, byHand, lastError } = scenario;
  return [
    byHand.length === 0 ? '' : `by hand: ${byHand.join('; ')}`,
    waiting === '' ? '' : `now: ${waiting}`,
    availabilityText(scenario.looks, now),
    lastError === undefined ? '' : errorText(lastError, now),
  ].filter((line) => line !== '');
}

function errorText({ at, text, isOver }: LastError, now: number): string {
  return `last error ${seconds(now - at)} ago${isOver ? ', good again since' : ''}: ${text}`;
}
