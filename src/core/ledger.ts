/** `indeterminate`: no answer, or a broken connection after the request was sent. It may be there, or arrive later. */
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

/** What one replica holds afterwards, compared with what was promised. Words after Jepsen's set checker. */
export interface Audit {
  readonly replica: string;
  /** Entries that were acknowledged. */
  readonly acked: number;
  /** Acknowledged, yet missing. */
  readonly lost: number;
  /** Indeterminate, and there. */
  readonly recovered: number;
  /** Rejected, yet there. */
  readonly unexpected: number;
  readonly duplicated: number;
  /** There, with other content than was written. */
  readonly corrupted: number;
  /** An old value was read after a newer one was acknowledged. */
  readonly stale: number;
  /** Ids of lost entries, the first 1,000. */
  readonly lostIds: readonly number[];
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
  /** Creates the namespace (table, key prefix, bucket, queue). */
  open(signal: AbortSignal): Promise<void>;
  /** Never rejects for a failed write: that is an outcome. */
  write(id: number, signal: AbortSignal): Promise<WriteResult>;
  /** Reads back from every replica that serves. Rejects when nothing could be read: the gate is then INCONCLUSIVE. */
  audit(entries: readonly LedgerEntry[], signal: AbortSignal): Promise<readonly Audit[]>;
  /** Removes the namespace and closes connections. */
  remove(signal: AbortSignal): Promise<void>;
}

/** The name that a first strike's workload is audited by once more, after the second strike. */
export function keptName(ledger: string): string {
  return `first:${ledger}`;
}
