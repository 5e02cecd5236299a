import type { LedgerEntry } from '../core/ledger.ts';
import type { NodeRef, UndoIntent } from '../core/node.ts';
import type { Sample } from '../core/probe.ts';
import type { ScenarioPlan } from '../core/scenario.ts';
import { unreachable } from '../core/unreachable.ts';
import type { JournalRecord, Phase, RecordOf, ScenarioOutcome } from './events.ts';

/** A sample with the place it stands at in the journal. */
export interface SampleView extends Sample {
  readonly seq: number;
  readonly index: number;
}

export interface EntryView extends LedgerEntry {
  readonly seq: number;
  readonly index: number;
}

/** The life of one fault. A time is undefined when the journal has no such event. All in CLOCK_MONOTONIC ms. */
export interface FaultView {
  readonly id: string;
  readonly undo: UndoIntent;
  readonly node: NodeRef;
  readonly armed: RecordOf<'undo.armed'>;
  requested?: RecordOf<'fault.requested'>;
  commands: RecordOf<'fault.command'>[];
  settled?: RecordOf<'fault.settled'>;
  proven?: RecordOf<'fault.proven'>;
  returned?: RecordOf<'fault.returned'>;
  undoRequested?: RecordOf<'undo.requested'>;
  undoSettled?: RecordOf<'undo.settled'>;
}

export interface PhaseView {
  readonly phase: Phase;
  readonly startedAt: number;
  endedAt?: number;
  ok?: boolean;
  detail?: string;
}

/** Everything the journal says about one scenario. Samples and entries are ordered by their start. */
export interface ScenarioView {
  readonly plan: ScenarioPlan;
  started?: RecordOf<'scenario.started'>;
  ended?: RecordOf<'scenario.ended'>;
  readonly phases: PhaseView[];
  readonly checks: RecordOf<'check'>[];
  readonly faults: FaultView[];
  readonly samples: Map<string, SampleView[]>;
  readonly missed: RecordOf<'probe.missed'>[];
  readonly observations: RecordOf<'observation'>[];
  readonly entries: Map<string, EntryView[]>;
  /** Ledgers whose own place was created (or was about to be) and is not known to be removed. */
  readonly opened: Map<string, RecordOf<'ledger.opened'>>;
  readonly audits: RecordOf<'ledger.audited'>[];
  readonly unread: RecordOf<'ledger.unread'>[];
  baseline?: RecordOf<'alert.baseline'>;
  readonly alerts: RecordOf<'alert.changed'>[];
  readonly surveys: RecordOf<'alert.surveyed'>[];
  readonly scrapes: RecordOf<'scrapes.seen'>[];
  readonly alertReachability: RecordOf<'alert.reachability'>[];
  readonly logs: RecordOf<'log.matched'>[];
  readonly unreadableLogs: RecordOf<'log.unreadable'>[];
  recovered?: RecordOf<'recovered'>;
  readonly notes: RecordOf<'note'>[];
  readonly gaps: RecordOf<'gap'>[];
  readonly aborts: RecordOf<'abort'>[];
  /** Times in which the tool itself stood still while this scenario ran. */
  readonly suspended: RecordOf<'suspended'>[];
}

export interface JournalView {
  readonly records: readonly JournalRecord[];
  readonly writers: RecordOf<'writer.started'>[];
  started?: RecordOf<'session.started'>;
  /** In the order in which they were to be run. */
  readonly scenarios: ScenarioView[];
  readonly checks: RecordOf<'check'>[];
  readonly notes: RecordOf<'note'>[];
  readonly gaps: RecordOf<'gap'>[];
  readonly interrupts: RecordOf<'interrupted'>[];
  readonly guardLosses: RecordOf<'guard.lost'>[];
  /** Who closed the journal in the tool's place. */
  readonly takeovers: RecordOf<'takeover'>[];
  readonly judged: RecordOf<'gate.judged'>[];
  /** Of the last writer: whoever takes a journal over ends it anew. */
  ended?: RecordOf<'session.ended'>;
  readonly sealed: RecordOf<'session.sealed'>[];
}

/** Folds records into one structure. Pure; accepts a journal that stops anywhere. */
export function foldJournal(records: readonly JournalRecord[]): JournalView {
  const view: JournalView = {
    records,
    writers: [],
    scenarios: [],
    checks: [],
    notes: [],
    gaps: [],
    interrupts: [],
    guardLosses: [],
    takeovers: [],
    judged: [],
    sealed: [],
  };
  const byId = new Map<string, ScenarioView>();
  for (const record of records) fold(view, byId, record);
  for (const scenario of view.scenarios) {
    for (const samples of scenario.samples.values()) samples.sort((a, b) => a.startedAt - b.startedAt);
    for (const entries of scenario.entries.values()) entries.sort((a, b) => a.startedAt - b.startedAt);
  }
  return view;
}

/** Faults whose undo was armed and is not known to be restored, newest first: the order in which they are undone. */
export function armedFaults(view: JournalView): readonly FaultView[] {
  return view.scenarios
    .flatMap((scenario) => scenario.faults)
    .filter((fault) => fault.undoSettled?.outcome !== 'restored')
    .sort((a, b) => b.armed.seq - a.armed.seq);
}

/** What became of a scenario; `not-run` when the journal never mentions its start. */
export function outcomeOf(scenario: ScenarioView): ScenarioOutcome | 'unfinished' {
  if (scenario.ended !== undefined) return scenario.ended.outcome;
  return scenario.started === undefined ? 'not-run' : 'unfinished';
}

function emptyScenario(plan: ScenarioPlan): ScenarioView {
  return {
    plan,
    phases: [],
    checks: [],
    faults: [],
    samples: new Map(),
    missed: [],
    observations: [],
    entries: new Map(),
    opened: new Map(),
    audits: [],
    unread: [],
    alerts: [],
    surveys: [],
    scrapes: [],
    alertReachability: [],
    logs: [],
    unreadableLogs: [],
    notes: [],
    gaps: [],
    aborts: [],
    suspended: [],
  };
}

function listOf<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function fold(view: JournalView, byId: Map<string, ScenarioView>, record: JournalRecord): void {
  const scenario = 'scenario' in record && record.scenario !== null ? byId.get(record.scenario) : undefined;
  const fault =
    scenario !== undefined && 'fault' in record ? scenario.faults.find((one) => one.id === record.fault) : undefined;
  switch (record.type) {
    case 'writer.started':
      view.writers.push(record);
      return;
    case 'session.started':
      view.started = record;
      for (const plan of record.scenarios) {
        const empty = emptyScenario(plan);
        view.scenarios.push(empty);
        byId.set(plan.id, empty);
      }
      return;
    case 'check':
      (scenario ?? view).checks.push(record);
      return;
    case 'scenario.started':
      if (scenario) scenario.started = record;
      return;
    case 'scenario.ended':
      if (scenario) scenario.ended = record;
      return;
    case 'phase.started':
      scenario?.phases.push({ phase: record.phase, startedAt: record.t });
      return;
    case 'phase.ended': {
      const phase = scenario?.phases.findLast((one) => one.phase === record.phase);
      if (phase) Object.assign(phase, { endedAt: record.t, ok: record.ok, detail: record.detail });
      return;
    }
    case 'undo.armed':
      scenario?.faults.push({
        id: record.fault,
        undo: record.undo,
        node: record.undo.node,
        armed: record,
        commands: [],
      });
      return;
    case 'fault.requested':
      if (fault) fault.requested = record;
      return;
    case 'fault.command':
      fault?.commands.push(record);
      return;
    case 'fault.settled':
      if (fault) fault.settled = record;
      return;
    case 'fault.proven':
      if (fault) fault.proven = record;
      return;
    case 'fault.returned':
      if (fault) fault.returned ??= record;
      return;
    case 'undo.requested':
      if (fault) fault.undoRequested ??= record;
      return;
    case 'undo.settled':
      if (fault) fault.undoSettled = record;
      return;
    case 'recovered':
      if (scenario) scenario.recovered ??= record;
      return;
    case 'samples':
      if (scenario) {
        const list = listOf(scenario.samples, record.probe);
        record.items.forEach(([scheduledAt, startedAt, endedAt, outcome, detail], index) => {
          list.push({ scheduledAt, startedAt, endedAt, outcome, detail, seq: record.seq, index });
        });
      }
      return;
    case 'ledger.entries':
      if (scenario) {
        const list = listOf(scenario.entries, record.ledger);
        record.items.forEach(([id, startedAt, endedAt, outcome, detail], index) => {
          list.push({ id, startedAt, endedAt, outcome, detail, seq: record.seq, index });
        });
      }
      return;
    case 'probe.missed':
      scenario?.missed.push(record);
      return;
    case 'observation':
      scenario?.observations.push(record);
      return;
    case 'ledger.opened':
      scenario?.opened.set(record.ledger, record);
      return;
    case 'ledger.removed':
      scenario?.opened.delete(record.ledger);
      return;
    case 'ledger.audited':
      scenario?.audits.push(record);
      return;
    case 'ledger.unread':
      scenario?.unread.push(record);
      return;
    case 'alert.baseline':
      if (scenario) scenario.baseline = record;
      return;
    case 'alert.changed':
      scenario?.alerts.push(record);
      return;
    case 'alert.surveyed':
      scenario?.surveys.push(record);
      return;
    case 'scrapes.seen':
      scenario?.scrapes.push(record);
      return;
    case 'alert.reachability':
      scenario?.alertReachability.push(record);
      return;
    case 'log.matched':
      scenario?.logs.push(record);
      return;
    case 'log.unreadable':
      scenario?.unreadableLogs.push(record);
      return;
    case 'note':
      (scenario ?? view).notes.push(record);
      return;
    case 'gap':
      (scenario ?? view).gaps.push(record);
      return;
    case 'abort':
      scenario?.aborts.push(record);
      return;
    case 'interrupted':
      view.interrupts.push(record);
      return;
    case 'suspended':
      // By time: a scenario may have ended in the moment between waking up and saying so.
      for (const one of view.scenarios)
        if (one.started !== undefined && (one.ended?.t ?? Infinity) >= record.since) one.suspended.push(record);
      return;
    case 'gate.judged':
      view.judged.push(record);
      return;
    case 'session.ended':
      view.ended = record;
      return;
    case 'session.sealed':
      view.sealed.push(record);
      return;
    case 'guard.lost':
      view.guardLosses.push(record);
      return;
    case 'takeover':
      view.takeovers.push(record);
      view.ended = undefined;
      return;
    case 'waiting':
    case 'guard.started':
      return;
    default:
      unreachable(record);
  }
}
