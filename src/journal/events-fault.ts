import type { FaultAction, NodeRef, UndoIntent } from '../core/node.ts';
import type { CommandRef } from '../core/platform.ts';

// Events of a fault and of the way back from it.

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
  /** False: the platform was asked for nothing. Absent where a command may have been given, and in older journals. */
  readonly commandGiven?: boolean;
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
