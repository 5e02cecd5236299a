/** What a service does while it is out. */
export const MANNERS = ['refuses', 'hangs', '5xx', 'slow', 'closes'] as const;
export type Manner = (typeof MANNERS)[number];

/**
 * When a server changed what it does, on CLOCK_MONOTONIC in ms: after `fromMs` and before `toMs`. An answer is decided
 * on in one instant between the two, so where only that changes they are a microsecond apart. A port is opened and
 * closed by the kernel some time during a call: up to a few hundred microseconds, more on a starved machine.
 */
export interface Switch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TrueOutage {
  readonly begin: Switch;
  readonly end: Switch;
}

/** One service of the server that knows the truth. Its outages have random lengths and come at random times. */
export interface ServicePlan {
  readonly name: string;
  readonly manner: Manner;
  readonly outages: number;
  /** Bounds of an outage's length, and of the time between two. */
  readonly lengthMs: readonly [least: number, most: number];
  readonly gapMs: readonly [least: number, most: number];
  /** A slow answer takes this long; so does the last of the requests that hung, at most. */
  readonly slowMs: number;
}

/** What the server's program says in its first line of output. */
export type Ports = Readonly<Record<string, number>>;

/** What it says at its end. */
export interface Truth {
  readonly outages: Readonly<Record<string, readonly TrueOutage[]>>;
  /** When the server itself did not get to run, so that its services were slow without meaning to be. */
  readonly absences: readonly Switch[];
}
