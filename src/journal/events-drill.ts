// Events of one drill's course.

export const PHASES = ['preflight', 'steady', 'inject', 'observe', 'restore', 'verify', 'judge'] as const;
export type Phase = (typeof PHASES)[number];

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

/** Good service was seen again by the engine. Judges do not read this; it ends the observe phase. */
export interface Recovered {
  readonly type: 'recovered';
  readonly scenario: string;
  readonly detail: string;
}

export interface Abort {
  readonly type: 'abort';
  readonly scenario: string;
  readonly reason: string;
}
