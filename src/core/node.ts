/** One thing that can be stopped: a lab process group, a container, a VM, a unit. */
export interface NodeRef {
  /** Unique in an environment: `pg-1`. */
  readonly name: string;
  /** Id of the platform that reaches it: `lab`. */
  readonly platform: string;
  /** Labels by which this node's alerts are known: `{ instance: '127.0.0.1:5433' }`. Empty: alerts count for the stack. */
  readonly labels: Readonly<Record<string, string>>;
}

/** `starting` is up but not serving yet; `unknown` counts as down wherever safety is decided. */
export type NodeState = 'up' | 'starting' | 'paused' | 'down' | 'unknown';

export interface Inspection {
  readonly state: NodeState;
  /** For a person: `pid 4711, 3 processes`. */
  readonly detail: string;
}

export type FaultAction = 'stop' | 'pause';
export type UndoAction = 'start' | 'resume';

export const UNDO_OF: Readonly<Record<FaultAction, UndoAction>> = { stop: 'start', pause: 'resume' };

/** One node to be broken. `afterMs` counts from the first victim's turn; the difference to the victim before is waited from that one's proof. */
export interface Victim {
  readonly node: NodeRef;
  readonly afterMs: number;
}

/** The way back from one fault, as data: it is fsynced before the fault is requested and can be carried out by any process. */
export interface UndoIntent {
  readonly platform: string;
  readonly node: NodeRef;
  readonly action: UndoAction;
  /** Time the undo may take, retries included. */
  readonly deadlineMs: number;
  /** What an inspection must say before "restored" is said. */
  readonly verify: NodeState;
  /** The command a person can type when everything else failed. */
  readonly byHand: string;
}
