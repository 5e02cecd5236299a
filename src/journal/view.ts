import type { NodeRef, UndoIntent } from '../core/node.ts';
import type { Sample } from '../core/probe.ts';
import type { ScenarioPlan } from '../core/scenario.ts';
import type { JournaledEntry } from './entries.ts';
import type { JournalRecord, Phase, RecordOf, ScenarioOutcome } from './events.ts';

/** A sample with the place it stands at in the journal. */
export interface SampleView extends Sample {
  readonly seq: number;
  readonly index: number;
}

export interface EntryView extends JournaledEntry {
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

/** Whether a command may have been given. The request is on disk before any is, so what is not requested was never asked for. */
export function mayBeAsked({ requested, settled }: FaultView): boolean {
  return requested !== undefined && settled?.commandGiven !== false;
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
