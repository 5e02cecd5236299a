import type { AlertState, AlertSurvey, ScrapeLook } from '../core/alert.ts';
import type { Audit, LedgerEntry, Namespace } from '../core/ledger.ts';
import type { Sample } from '../core/probe.ts';

// What probes, ledgers, alerts and logs saw.

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
 * Writes of one ledger, in order of their ends. Positions: id, startedAt, endedAt, outcome, detail (empty: none), lateness
 * of the start in ms, and whether it ran out of time while gameday itself stood still: it is then no look, and counted as
 * missed. The kernel has them before the ledger issues its next write.
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
    number?,
    'stood-still'?,
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
  /** The line's own time, where its source gives one. Older journals do not say it. */
  readonly writtenAt?: string;
  /** That time is by the clock of gameday's own machine. */
  readonly ownClock?: boolean;
}

/** A log could not be followed: an expectation on it is INCONCLUSIVE. */
export interface LogUnreadable {
  readonly type: 'log.unreadable';
  readonly scenario: string;
  readonly node: string;
  readonly detail: string;
}
