import { formatDuration } from '../../core/duration.ts';
import { classify } from '../../core/outcome.ts';
import type { ScenarioPlan } from '../../core/scenario.ts';
import type { JournalRecord, Phase } from '../../journal/events.ts';
import { safeText } from '../../report/safe.ts';

/** Availability is that of the last ten seconds. */
const WINDOW_MS = 10_000;

interface Look {
  readonly at: number;
  readonly good: boolean;
}

/** What a person watching wants to know of one scenario. Folded from the journal's records. */
export interface ScenarioState {
  readonly plan: Pick<ScenarioPlan, 'id' | 'title' | 'probes'>;
  status: 'pending' | 'running' | 'ended';
  phase: Phase | undefined;
  /** CLOCK_MONOTONIC in ms of the first fault request. */
  faultAt: number | undefined;
  waiting: string;
  lastError: string;
  ended: string;
  /** Looks of each probe that users feel, oldest first. */
  readonly looks: Map<string, Look[]>;
}

export interface ViewState {
  readonly scenarios: Map<string, ScenarioState>;
  /** What the session itself is doing or saying last. */
  headline: string;
  restoring: boolean;
}

export function newViewState(): ViewState {
  return { scenarios: new Map(), headline: 'looking at everything before anything is broken', restoring: false };
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
    lastError: '',
    ended: '',
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
      scenario.ended = record.reason === '' ? record.outcome : `${record.outcome}: ${safeText(record.reason)}`;
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
      return;
    case 'samples': {
      const user = scenario.plan.probes.find((probe) => probe.name === record.probe)?.user === true;
      const looks = scenario.looks.get(record.probe) ?? [];
      for (const [, startedAt, , outcome, detail] of record.items) {
        const kind = classify(outcome);
        if (kind === 'bad')
          scenario.lastError = safeText(`${record.probe}: ${detail === undefined ? outcome : `${outcome}: ${detail}`}`);
        if (user && kind !== 'apart') looks.push({ at: startedAt, good: kind === 'good' });
      }
      if (user) scenario.looks.set(record.probe, looks.slice(-2_000));
      return;
    }
    case 'ledger.entries': {
      const failed = record.items.findLast(([, , , outcome]) => outcome !== 'acked');
      if (failed !== undefined)
        scenario.lastError = safeText(
          `${record.ledger}: ${failed[3]}${failed[4] === undefined ? '' : `: ${failed[4]}`}`,
        );
      return;
    }
    case 'undo.settled':
      if (record.outcome === 'not-restored')
        scenario.lastError = safeText(`${record.node} NOT RESTORED: ${record.byHand}`);
      return;
    default:
      return;
  }
}

/** `A observe, 12s since the fault: Postgres failover`: what changes comes first, for narrow terminals. `now` is CLOCK_MONOTONIC in ms. */
export function titleOf({ plan, status, phase, faultAt, ended }: ScenarioState, now: number): string {
  if (status === 'pending') return `${plan.id} ${plan.title}`;
  if (status === 'ended') return `${plan.id} ${ended}: ${plan.title}`;
  const since = faultAt === undefined ? '' : `, ${Math.max(0, Math.floor((now - faultAt) / 1_000))}s since the fault`;
  return `${plan.id} ${phase ?? 'starting'}${since}: ${plan.title}`;
}

/** What is waited for, what users get at the moment, and the last error: a line each, without those that say nothing. */
export function detailsOf(scenario: ScenarioState, now: number): readonly string[] {
  const availability = availabilityOf(scenario, now);
  return [
    scenario.waiting === '' ? '' : `now: ${scenario.waiting}`,
    availability === '' ? '' : `users, last ${formatDuration(WINDOW_MS)}: ${availability}`,
    scenario.lastError === '' ? '' : `last error: ${scenario.lastError}`,
  ].filter((line) => line !== '');
}

function availabilityOf(scenario: ScenarioState, now: number): string {
  const parts: string[] = [];
  for (const [probe, looks] of scenario.looks) {
    const recent = looks.filter((look) => look.at >= now - WINDOW_MS);
    if (recent.length === 0) continue;
    const good = recent.filter((look) => look.good).length;
    // Rounded down: 100 % is said only when every look was good.
    parts.push(`${probe} ${Math.floor((good / recent.length) * 1_000) / 10}% good`);
  }
  return parts.join(', ');
}
