/**
 * `indeterminate`: no answer, a broken connection after the request was sent, or an answer that does not say that nothing was
 * stored (S3's 5xx). It may be there, or arrive later.
 */
export type WriteOutcome = 'acked' | 'rejected' | 'indeterminate';

export interface WriteResult {
  readonly outcome: WriteOutcome;
  /** Why it was not acknowledged, or who acknowledged it. Never a secret. */
  readonly detail?: string;
}

/** One write of the workload. Ids count from 1 upwards. Times are CLOCK_MONOTONIC in ms. */
export interface LedgerEntry {
  readonly id: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: WriteOutcome;
  readonly detail?: string;
}

/** How many, or null: not looked at. A figure that nobody took must not read as 0. */
export type Counted = number | null;

/** What one replica holds afterwards, compared with what was promised. Words after Jepsen's set checker. */
export interface Audit {
  readonly replica: string;
  /** What was acknowledged and looked for: entries, and seeds where the ledger has some. */
  readonly acked: number;
  /** How many of `acked` are seeds: put before the workload began, so that no entry tells of them. Absent: none. */
  readonly seeds?: number;
  /** Acknowledged, yet missing. */
  readonly lost: number;
  /** Indeterminate, and there. */
  readonly recovered: number;
  /** Rejected, yet there. */
  readonly unexpected: number;
  readonly duplicated: Counted;
  /** There, with other content than was written. */
  readonly corrupted: Counted;
  /** An old value was read after a newer one was acknowledged. */
  readonly stale: Counted;
  /** Ids of lost entries: the first 1,000, and the last. */
  readonly lostIds: readonly number[];
}

/** Figures that every audit has, and those that mean nothing to some ledgers: null there, which is no 0. */
const ALWAYS = ['acked', 'lost', 'recovered', 'unexpected'] as const;
const SOMETIMES = ['duplicated', 'corrupted', 'stale'] as const;

/** The first figure of an audit that is no count; undefined when all are. */
export function badFigure(audit: Audit): string | undefined {
  const isCount = (value: number | null): boolean => value !== null && Number.isInteger(value) && value >= 0;
  return (
    ALWAYS.find((name) => !isCount(audit[name])) ??
    (isCount(audit.seeds ?? 0) ? undefined : 'seeds') ??
    SOMETIMES.find((name) => audit[name] !== null && !isCount(audit[name]))
  );
}

/** The place of a ledger's own that `open` creates and `remove` takes away again. */
export interface Namespace {
  /** Exactly: `schema gameday_ab12cd34ef56`. */
  readonly what: string;
  /** How a person removes it: `drop schema gameday_ab12cd34ef56 cascade`. */
  readonly byHand: string;
}

/** A client workload that remembers every write it was told succeeded, in a namespace of its own. */
export interface Ledger {
  /** Unique in its drill: `writes`. */
  readonly name: string;
  /** What is written where, for people. */
  readonly target: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How many writes may be in flight at once; 1 keeps them in order. */
  readonly concurrency: number;
  /** True where a failed write is something a user would have felt and no scenario expects. */
  readonly user: boolean;
  readonly namespace: Namespace;
  /** Creates the namespace (table, key prefix, bucket, queue). */
  open(signal: AbortSignal): Promise<void>;
  /** Never rejects for a failed write: that is an outcome. */
  write(id: number, signal: AbortSignal): Promise<WriteResult>;
  /** Reads back from every replica that serves. Rejects when nothing could be read: the gate is then INCONCLUSIVE. */
  audit(entries: readonly LedgerEntry[], signal: AbortSignal): Promise<readonly Audit[]>;
  /**
   * Removes the namespace and closes connections. One that is not there (any more) is no error: a process that has never
   * opened this ledger removes what a dead one left.
   */
  remove(signal: AbortSignal): Promise<void>;
}

/** The name that a first strike's workload is audited by once more, after the second strike. */
export function keptName(ledger: string): string {
  return `first:${ledger}`;
}
