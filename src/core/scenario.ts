import type { GateSpec } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { FaultAction, NodeRef, Victim } from './node.ts';
import type { Probe, WritableFact } from './probe.ts';

/** The steps for which a scenario names a runbook heading. */
export const STEPS = ['detect', 'fault', 'diagnose', 'mitigate', 'recover', 'verify'] as const;
export type Step = (typeof STEPS)[number];

export interface RunbookRef {
  /** Relative to the folder that runbooks are read from: `a-postgres-failover.md`. */
  readonly path: string;
  /** The heading that serves each step: `{ detect: 'Detection' }`. */
  readonly headings: Readonly<Record<Step, string>>;
}

/** An alert that must fire. `of`: which fault of the strike it belongs to. */
export interface AlertExpectation {
  readonly name: string;
  /** Asked for beside the labels of the stopped node, of which the alert may then lack some but have no other value. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly of: 'first' | 'second' | 'any';
  /** Fault to alert in Alertmanager. */
  readonly withinMs: number;
}

/** A line that makes the outage loud. */
export interface LogExpectation {
  readonly name: string;
  /** Nodes whose log is followed. */
  readonly nodes: readonly string[];
  /** JavaScript regular expression, matched against one line. */
  readonly pattern: string;
  readonly withinMs: number;
}

/** A line is seen at most this long after it was written: logs are followed, not searched. */
export const FOLLOW_LAG_MS = 2_000;

/** A line may be that much older than a fault by its own time and be about it: its clock is another one, and may count whole seconds. */
export const LOG_CLOCK_TOLERANCE_MS = 2_000;

/** Where a line's time is by our own clock, older is older. */
export function logToleranceMs({ ownClock = false }: { readonly ownClock?: boolean }): number {
  return ownClock ? 0 : LOG_CLOCK_TOLERANCE_MS;
}

/** Everything about a drill that is data. It stands in `session.started`; reports and gates read nothing else about a scenario. */
export interface ScenarioPlan {
  readonly id: string;
  /** Id of the drill that this one repeats on the nodes that survived it. Absent: it is a first strike. */
  readonly secondOf?: string;
  readonly slug: string;
  readonly title: string;
  /** The promise that is put to the test, in one or two sentences. */
  readonly purpose: string;
  /** Name of the stack: `postgres`. */
  readonly stack: string;
  /** The component by which the API's health knows this stack: `database`. Undefined where it knows none. */
  readonly component?: string;
  /** Stacks this one needs: their degradation while drilled is no abort. */
  readonly needs: readonly string[];
  readonly nodes: readonly NodeRef[];
  /** How many redundant members may be down at once. */
  readonly maxDown: number;
  readonly action: FaultAction;
  readonly runbook: RunbookRef;
  /** When good service is expected back: after the stop (a failover) or only after the restart. */
  readonly recoversAfter: 'fault' | 'undo';
  readonly steadyMs: number;
  /** Least time the nodes stay down. */
  readonly outageMs: number;
  /** Longest time for the observe phase; then the nodes are restored whatever was seen. */
  readonly observeDeadlineMs: number;
  readonly verifyMs: number;
  readonly healDeadlineMs: number;
  readonly undoDeadlineMs: number;
  readonly alerts: readonly AlertExpectation[];
  readonly logs: readonly LogExpectation[];
  readonly gates: readonly GateSpec[];
  readonly probes: readonly {
    readonly name: string;
    readonly target: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly user: boolean;
    /** Its facts are what a service calls itself (`status`) and its components. Older journals do not say it. */
    readonly health?: boolean;
    /** By which it says that it takes writes. Older journals do not say it. */
    readonly writable?: WritableFact;
  }[];
  readonly ledgers: readonly {
    readonly name: string;
    readonly target: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly user: boolean;
  }[];
  /** What this drill does not prove, for the report. */
  readonly notProven: readonly string[];
}

/** The answer to "does it hold?" at this moment. `detail` says what was seen, or what is still waited for. */
export interface Condition {
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * One thing looked at before anything is broken. `blocked`: the session is refused. `unattainable`: the configuration
 * cannot meet the target, only this scenario is INCONCLUSIVE. `warning`: said, and the drill goes on.
 */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'blocked' | 'unattainable';
  readonly detail: string;
  /** What to do about it; empty when ok. */
  readonly hint: string;
}

/** What a drill may tell the journal beside its probes. */
export interface DrillContext {
  readonly signal: AbortSignal;
  /** ms since the phase began. */
  elapsedMs(): number;
  /** Something was shown to be wrong or missing. Journaled once a kind and text. */
  gap(kind: string, text: string): Promise<void>;
  /** Something was done or seen that a reader of the report must know. */
  note(text: string): Promise<void>;
}

/** A drill bound to a live stack. The engine takes every drill through the same phases; a drill only says what is particular to its stack. */
export interface Drill {
  readonly plan: ScenarioPlan;
  readonly probes: readonly Probe[];
  readonly ledgers: readonly Ledger[];
  /** Tools, credentials, redundancy, attainability. Breaks nothing. Must not throw for an unreachable server: that is a blocked check. */
  preflight(signal: AbortSignal): Promise<readonly Check[]>;
  /** What must hold before the fault and again after the undo. Polled; may throw, which counts as not holding. */
  steady(context: DrillContext): Promise<Condition>;
  /** Chooses the victims by looking at the live stack. */
  strike(signal: AbortSignal): Promise<readonly Victim[]>;
  /** Redundant members that are down at this moment, by name. One that cannot be read counts as down. */
  membersDown(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Evidence, independent of the platform, that this node is gone: `connection to 127.0.0.1:5433 refused`. Undefined: something
   * answers. Rejects where neither could be seen. Polled, also later: a node that answers again while it should be gone has come back.
   */
  gone(node: NodeRef, signal: AbortSignal): Promise<string | undefined>;
  /** Is good service back? Polled in observe (recoversAfter fault) or after the undo. */
  recovered(context: DrillContext): Promise<Condition>;
  /** The stack has repaired itself after the undo: roles back, redundancy back. Polled in verify until it holds or the deadline passes. */
  healed(context: DrillContext): Promise<Condition>;
}
