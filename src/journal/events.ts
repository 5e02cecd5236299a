import type {
  Abort,
  PhaseEnded,
  PhaseStarted,
  Recovered,
  ScenarioEnded,
  ScenarioStarted,
  Waiting,
} from './events-drill.ts';
import type {
  FaultCommand,
  FaultProven,
  FaultRequested,
  FaultReturned,
  FaultSettled,
  UndoArmed,
  UndoRequested,
  UndoSettled,
} from './events-fault.ts';
import type {
  Checked,
  Gap,
  GateJudged,
  GuardLost,
  GuardStarted,
  Interrupted,
  Note,
  SessionEnded,
  SessionSealed,
  SessionStarted,
  Suspended,
  Takeover,
  WriterStarted,
} from './events-session.ts';
import type {
  AlertBaseline,
  AlertChanged,
  AlertReachability,
  AlertSurveyed,
  LedgerAudited,
  LedgerEntries,
  LedgerOpened,
  LedgerRemoved,
  LedgerUnread,
  LogMatched,
  LogUnreadable,
  Observation,
  ProbeMissed,
  Samples,
  ScrapesSeen,
} from './events-watch.ts';

export type * from './events-drill.ts';
export { PHASES } from './events-drill.ts';
export type * from './events-fault.ts';
export type * from './events-session.ts';
export type * from './events-watch.ts';

/** Version of the line format. A reader refuses a newer one. */
export const JOURNAL_VERSION = 1;

/** Closed union: a new event is added to the file of its topic and here, in `report/lines.ts` and in `journal/view.ts`, and the compiler names the places. */
export type GamedayEvent =
  | WriterStarted
  | SessionStarted
  | Checked
  | ScenarioStarted
  | ScenarioEnded
  | PhaseStarted
  | PhaseEnded
  | Waiting
  | UndoArmed
  | FaultRequested
  | FaultCommand
  | FaultSettled
  | FaultProven
  | FaultReturned
  | UndoRequested
  | UndoSettled
  | Recovered
  | Samples
  | ProbeMissed
  | Observation
  | LedgerOpened
  | LedgerRemoved
  | LedgerEntries
  | LedgerAudited
  | LedgerUnread
  | AlertChanged
  | AlertBaseline
  | AlertSurveyed
  | ScrapesSeen
  | AlertReachability
  | LogMatched
  | LogUnreadable
  | Note
  | Gap
  | Abort
  | Interrupted
  | GuardStarted
  | GuardLost
  | Takeover
  | Suspended
  | GateJudged
  | SessionEnded
  | SessionSealed;

export type EventType = GamedayEvent['type'];

/** What the writer adds to each event. */
export interface Envelope {
  readonly v: number;
  /** Counts from 0, without holes. */
  readonly seq: number;
  /** Wall time, UTC. For people; nothing is measured with it. */
  readonly at: string;
  /** CLOCK_MONOTONIC in ms when the event was recorded. */
  readonly t: number;
  /** SHA-256 of the bytes of the line before, without its newline; of nothing for the first. */
  readonly prev: string;
}

export type JournalRecord = Envelope & GamedayEvent;
export type RecordOf<T extends EventType> = Envelope & Extract<GamedayEvent, { type: T }>;

/** Bulk events may wait for the next fsync (once a second); all others are on disk before the engine goes on. */
export function isBulk(type: EventType): boolean {
  return (
    type === 'samples' ||
    type === 'ledger.entries' ||
    type === 'probe.missed' ||
    type === 'observation' ||
    type === 'scrapes.seen' ||
    type === 'waiting'
  );
}
