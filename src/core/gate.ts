import type { JsonObject } from './json.ts';
import type { Verdict } from './outcome.ts';

/** One acceptance condition as data: it stands in the journal, so that anyone can judge again without the scenario's code. */
export interface GateSpec {
  /** Unique in its scenario: `rto`. */
  readonly id: string;
  /** Name of the gate in `verdict/gates`. */
  readonly kind: string;
  /** The promise, in a sentence: `writes are acknowledged again within 60s`. */
  readonly title: string;
  readonly params: JsonObject;
}

/** Points to a journal line, and to an item where the line is a batch. */
export interface Evidence {
  readonly seq: number;
  readonly index?: number;
}

/** All text: what a person reads in the table. `value` is for machines, in `unit`. */
export interface GateResult {
  readonly status: Verdict;
  /** Measured, for a person: `4.62s`. */
  readonly measured: string;
  /** The limit, for a person: `under 60s`. */
  readonly limit: string;
  /** How sure: `4.49s to 4.62s, probe every 50ms`. Empty when a count is exact. */
  readonly uncertainty: string;
  /** Why it is not PASS, and what to do; empty on PASS unless there is a warning. */
  readonly reason: string;
  readonly value: number | null;
  readonly unit: 'ms' | 'count' | 'none';
  readonly evidence: readonly Evidence[];
}
