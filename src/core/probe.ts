import type { Outcome } from './outcome.ts';

/** Named states seen at a moment: `{ 'api-1': 'UP', 'api-2': 'DOWN' }`. A changed value becomes an `observation` event. */
export type Facts = Readonly<Record<string, string>>;

/** What a service calls itself, and each of its components, when nothing is wrong with it. */
export const HEALTHY = 'healthy';

/** What one look returned. */
export interface Reading {
  readonly outcome: Outcome;
  /** Short and for people: `503 database down`. Never a secret. */
  readonly detail?: string;
  readonly facts?: Facts;
}

/** A fact and the value with which a service says that it takes writes. */
export interface WritableFact {
  readonly key: string;
  readonly value: string;
}

/**
 * Looks at one thing at a fixed rate. `sample` may overlap with itself while an earlier one hangs. The scheduler aborts
 * the signal after `timeoutMs` and records `timeout`; an exception is recorded as `protocol` with its message.
 */
export interface Probe {
  /** Unique in its drill: `api`, `sentinel:redis-2`. */
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** True where a bad sample is something a user would have felt. */
  readonly user: boolean;
  /** True where its facts are what a service calls itself and its components. */
  readonly health?: boolean;
  /** The fact by which the service says that it takes writes, where it has one: `cluster` is `200`. */
  readonly writable?: WritableFact;
  /** What is looked at, for people: `GET http://127.0.0.1:8080/api/v1/health`. */
  readonly target: string;
  sample(signal: AbortSignal): Promise<Reading>;
  /** Facts that are pushed to us between samples (a subscription). Runs until the signal aborts; reconnects by itself. */
  watch?(emit: (facts: Facts) => void, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** One tick of a probe. All times are CLOCK_MONOTONIC in ms. */
export interface Sample {
  readonly scheduledAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  readonly detail?: string;
}
