import type { AlertState, AlertSurvey, ScrapeLook } from '../core/alert.ts';
import type { GateResult, GateSpec } from '../core/gate.ts';
import type { JsonObject } from '../core/json.ts';
import type { Audit, LedgerEntry, Namespace } from '../core/ledger.ts';
import type { FaultAction, NodeRef, UndoIntent } from '../core/node.ts';
import type { Verdict } from '../core/outcome.ts';
import type { CommandRef } from '../core/platform.ts';
import type { Sample } from '../core/probe.ts';
import type { Check, ScenarioPlan } from '../core/scenario.ts';

/** Version of the line format. A reader refuses a newer one. */
export const JOURNAL_VERSION = 1;

export const PHASES = ['preflight', 'steady', 'inject', 'observe', 'restore', 'verify', 'judge'] as const;
export type Phase = (typeof PHASES)[number];

/** A process began to write. Intervals never cross two writers on different boots. Follows a torn tail, if there was one. */
export interface WriterStarted {
  readonly type: 'writer.started';
  readonly origin: 'run' | 'recover' | 'guard' | 'note';
  readonly version: string;
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** Bytes of the unreadable line before this one, and their hash: proof of a crash, not of tampering. */
  readonly tornBytes?: number;
  readonly sha256?: string;
}

/** Where a runbook was found when the session began. `sha256` null: the file is missing, which is a gap. */
export interface RunbookSeen {
  readonly scenario: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly headings: readonly string[];
}

/** All that a report needs besides what happened. */
export interface SessionStarted {
  readonly type: 'session.started';
  readonly session: string;
  readonly environment: string;
  readonly kind: string;
  readonly profile: string;
  /** The effective configuration with every secret taken out. */
  readonly config: JsonObject;
  readonly template: { readonly source: string; readonly sha256: string; readonly text: string };
  readonly runbooks: readonly RunbookSeen[];
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioPlan[];
  /** Scenarios that were not chosen or cannot be drilled here, with the reason; `limits` caps the session at INCONCLUSIVE. */
  readonly notDrilled: readonly {
    readonly id: string;
    readonly title: string;
    readonly reason: string;
    readonly limits: boolean;
  }[];
  readonly sessionGates: readonly GateSpec[];
  /**
   * What guard and recover need to find the nodes from any folder: the lock, each platform's own way, and the folder that
   * paths in `config` are relative to. `namespace` makes the names of the ledgers' own places (`gameday_<this>`). No secrets.
   */
  readonly reach: {
    readonly lockPath: string;
    readonly platforms: Readonly<Record<string, JsonObject>>;
    readonly namespace?: string;
    readonly folder?: string;
  };
  /** For people: `Prometheus http://127.0.0.1:9090 and Alertmanager http://127.0.0.1:9093`. */
  readonly alertSource: string;
  /** What a crash of the tool leaves of a ledger's answers: all of them. Absent in older journals, where half a second could be missing. */
  readonly acknowledged?: 'written-before-next';
}

/** A preflight or attainability check. `scenario` null: about the session. */
export interface Checked {
  readonly type: 'check';
  readonly scenario: string | null;
  readonly check: Check;
}

/** How a scenario's phases ended. Verdicts are not stored here: they are judged from the journal. */
export type ScenarioOutcome =
  /** Every phase was gone through. */
  | 'completed'
  /** Nothing was injected: not steady, blast radius, not attainable. */
  | 'not-injected'
  /** The fault could not be proven. */
  | 'unproven'
  | 'aborted'
  | 'interrupted'
  /** An error of our own or of a platform's. */
  | 'error'
  /** Never begun, because an earlier scenario ended the session. */
  | 'not-run';

export interface ScenarioStarted {
  readonly type: 'scenario.started';
  readonly scenario: string;
}

export interface ScenarioEnded {
  readonly type: 'scenario.ended';
  readonly scenario: string;
  readonly outcome: ScenarioOutcome;
  readonly reason: string;
  /** With `error`: the fault is gameday's own, so the session ends with exit 4. */
  readonly internal?: boolean;
}

export interface PhaseStarted {
  readonly type: 'phase.started';
  readonly scenario: string;
  readonly phase: Phase;
}

export interface PhaseEnded {
  readonly type: 'phase.ended';
  readonly scenario: string;
  readonly phase: Phase;
  readonly ok: boolean;
  /** Why it ended: what held, or what did not. */
  readonly detail: string;
}

/** What an awaited condition says, whenever its text or value changes (at most twice a second). */
export interface Waiting {
  readonly type: 'waiting';
  readonly scenario: string;
  readonly phase: Phase;
  readonly ok: boolean;
  readonly detail: string;
}

/** Fault ids count up within a session: `A1`, `C1`, `C2`; those of a second strike `C-2.1`, `C-2.2`. */
export interface UndoArmed {
  readonly type: 'undo.armed';
  readonly scenario: string;
  readonly fault: string;
  readonly undo: UndoIntent;
}

export interface FaultRequested {
  readonly type: 'fault.requested';
  readonly scenario: string;
  readonly fault: string;
  readonly node: NodeRef;
  readonly action: FaultAction;
  readonly deadlineMs: number;
}

/** A child process was started to carry the fault out. */
export interface FaultCommand {
  readonly type: 'fault.command';
  readonly scenario: string;
  readonly fault: string;
  readonly command: CommandRef;
}

export interface FaultSettled {
  readonly type: 'fault.settled';
  readonly scenario: string;
  readonly fault: string;
  readonly outcome: 'applied' | 'failed' | 'indeterminate';
  readonly detail: string;
}

/** Independent evidence says that the node is gone. `at` of the evidence is this line's `t`. */
export interface FaultProven {
  readonly type: 'fault.proven';
  readonly scenario: string;
  readonly fault: string;
  readonly node: string;
  /** What the platform says, and what someone else says. */
  readonly platform: string;
  readonly independent: string;
}

/** A node that was proven gone was there again before anybody ordered it back: what is measured from then on is void. */
export interface FaultReturned {
  readonly type: 'fault.returned';
  readonly scenario: string;
  readonly fault: string;
  readonly node: string;
  /** Who says so: `lab says up (pid 4711)`. */
  readonly detail: string;
}

export interface UndoRequested {
  readonly type: 'undo.requested';
  readonly scenario: string;
  readonly fault: string;
  readonly node: string;
  readonly attempt: number;
}

export interface UndoSettled {
  readonly type: 'undo.settled';
  readonly scenario: string;
  readonly fault: string;
  readonly node: string;
  readonly outcome: 'restored' | 'not-restored';
  /** What was looked at before "restored" was said; empty when not restored. */
  readonly verifiedBy: string;
  readonly detail: string;
  readonly byHand: string;
}

/** Good service was seen again by the engine. Judges do not read this; it ends the observe phase. */
export interface Recovered {
  readonly type: 'recovered';
  readonly scenario: string;
  readonly detail: string;
}

/** Ticks of one probe, in order of their ends. Positions: scheduledAt, startedAt, endedAt, outcome, detail. */
export interface Samples {
  readonly type: 'samples';
  readonly scenario: string;
  readonly probe: string;
  readonly items: readonly (readonly [
    Sample['scheduledAt'],
    Sample['startedAt'],
    Sample['endedAt'],
    Sample['outcome'],
    string?,
  ])[];
}

/**
 * Ticks that gave no sample: they could not start within half an interval, too many looks were in flight, or gameday itself
 * stood still for most of the time that the look had.
 */
export interface ProbeMissed {
  readonly type: 'probe.missed';
  readonly scenario: string;
  /** Name of the probe or ledger. */
  readonly probe: string;
  readonly count: number;
  readonly firstScheduledAt: number;
  readonly lastScheduledAt: number;
  readonly reason: 'late' | 'in-flight' | 'stood-still';
}

/**
 * A named state changed. `from` is undefined the first time it is seen. The change happened after `notBefore` (start of
 * the last look that still saw `from`; for the first look its own start) and before `notAfter` (end of the look that saw `to`).
 */
export interface Observation {
  readonly type: 'observation';
  readonly scenario: string;
  readonly probe: string;
  readonly key: string;
  readonly from?: string;
  readonly to: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A ledger's own place is about to be created: it stands here first, so that it can be found whatever happens. */
export interface LedgerOpened {
  readonly type: 'ledger.opened';
  readonly scenario: string;
  readonly ledger: string;
  readonly namespace: Namespace;
}

/** And was removed again. */
export interface LedgerRemoved {
  readonly type: 'ledger.removed';
  readonly scenario: string;
  readonly ledger: string;
}

/**
 * Writes of one ledger, in order of their ends. Positions: id, startedAt, endedAt, outcome, detail. The kernel has them
 * before the ledger issues its next write.
 */
export interface LedgerEntries {
  readonly type: 'ledger.entries';
  readonly scenario: string;
  readonly ledger: string;
  readonly items: readonly (readonly [
    LedgerEntry['id'],
    LedgerEntry['startedAt'],
    LedgerEntry['endedAt'],
    LedgerEntry['outcome'],
    string?,
  ])[];
}

export interface LedgerAudited {
  readonly type: 'ledger.audited';
  readonly scenario: string;
  readonly ledger: string;
  readonly audits: readonly Audit[];
}

/** The audit could not be made: the gate that needs it is INCONCLUSIVE. */
export interface LedgerUnread {
  readonly type: 'ledger.unread';
  readonly scenario: string;
  readonly ledger: string;
  readonly detail: string;
}

/** An alert changed its state in one place. Bounds as in `observation`. `inactive` is its absence. */
export interface AlertChanged {
  readonly type: 'alert.changed';
  readonly scenario: string;
  readonly name: string;
  readonly labels: AlertState['labels'];
  readonly where: AlertState['where'];
  readonly from: AlertState['state'] | 'inactive';
  readonly to: AlertState['state'] | 'inactive';
  readonly notBefore: number;
  readonly notAfter: number;
  readonly activeAt?: string;
  readonly receivedAt?: string;
  readonly receivers?: AlertState['receivers'];
  readonly suppressedBy?: AlertState['suppressedBy'];
}

/** All alerts that were active when the steady phase ended, right before the fault, and the rules that exist. Without it no alert gate can pass. */
export interface AlertBaseline {
  readonly type: 'alert.baseline';
  readonly scenario: string;
  readonly active: readonly AlertState[];
  readonly rules: readonly string[];
}

/** What stands behind the expected alerts: right before the fault, and again when the drill ends. */
export interface AlertSurveyed extends AlertSurvey {
  readonly type: 'alert.surveyed';
  readonly scenario: string;
}

/** How the scraping of what the expected alerts read goes, every few seconds. `serverAt` is a time between the two bounds. */
export interface ScrapesSeen extends ScrapeLook {
  readonly type: 'scrapes.seen';
  readonly scenario: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Polling began to fail, or works again. */
export interface AlertReachability {
  readonly type: 'alert.reachability';
  readonly scenario: string;
  readonly reachable: boolean;
  readonly detail: string;
}

/** The first line that matched an expectation since watching began, and again since the fault; later ones are counted once a second with `count`. */
export interface LogMatched {
  readonly type: 'log.matched';
  readonly scenario: string;
  readonly expectation: string;
  readonly node: string;
  readonly count: number;
  readonly line: string;
}

/** A log could not be followed: an expectation on it is INCONCLUSIVE. */
export interface LogUnreadable {
  readonly type: 'log.unreadable';
  readonly scenario: string;
  readonly node: string;
  readonly detail: string;
}

export interface Note {
  readonly type: 'note';
  readonly scenario: string | null;
  readonly text: string;
}

/** A finding: something the drill showed to be wrong or missing. Never changes a verdict by itself. */
export interface Gap {
  readonly type: 'gap';
  readonly scenario: string | null;
  /** `runbook-missing`, `alert-missing`, `restore-by-hand`, `claims-healed`, `hanging-write`, `inconclusive`, … */
  readonly kind: string;
  readonly text: string;
}

export interface Abort {
  readonly type: 'abort';
  readonly scenario: string;
  readonly reason: string;
}

/** SIGINT, SIGTERM or SIGHUP came. */
export interface Interrupted {
  readonly type: 'interrupted';
  readonly signal: string;
  readonly count: number;
}

/** The guard watches from now on: no fault is requested before this stands in the journal. */
export interface GuardStarted {
  readonly type: 'guard.started';
  readonly guard: CommandRef;
}

/** The guard ended although nobody had dismissed it. */
export interface GuardLost {
  readonly type: 'guard.lost';
  readonly detail: string;
}

/** Someone else than the tool closes this journal: the tool died, hung past its lease, or could not write. */
export interface Takeover {
  readonly type: 'takeover';
  readonly by: 'guard' | 'recover';
  readonly reason: string;
}

/** The tool itself stood still for so long (SIGSTOP, a suspended machine, a starved CPU): what it measured around then proves nothing. */
export interface Suspended {
  readonly type: 'suspended';
  /** Real time, at most; where the whole machine slept CLOCK_MONOTONIC stood still meanwhile. */
  readonly ms: number;
  /** CLOCK_MONOTONIC of the last look at the clock before it. Between then and this line nobody measured anything. */
  readonly since: number;
  readonly who: 'process' | 'machine';
}

/** A claim that `verify` recomputes; no gate reads it. */
export interface GateJudged {
  readonly type: 'gate.judged';
  readonly scenario: string | null;
  readonly gate: string;
  readonly result: GateResult;
}

export interface SessionEnded {
  readonly type: 'session.ended';
  readonly verdict: Verdict;
  readonly exit: number;
  readonly detail: string;
}

/** A writer that closes seals what it wrote: `head` is the hash of the line before. */
export interface SessionSealed {
  readonly type: 'session.sealed';
  readonly head: string;
}

/** Closed union: a new event is added here, in `report/lines.ts` and in `journal/view.ts`, and the compiler names the places. */
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
