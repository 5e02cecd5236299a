import type { Inspection, NodeRef } from './node.ts';

/** A child process that carries out a fault, by pid and start time, so that an undo can end it and no recycled pid is hit. */
export interface CommandRef {
  readonly pid: number;
  /** Start time as the kernel gives it (clock ticks since boot, /proc/PID/stat field 22). */
  readonly startTime: string;
}

export interface ActionOptions {
  /** Aborts when the command's deadline has passed; the platform ends its children before it rejects. */
  readonly signal: AbortSignal;
  /** Called once for every child process that is started to carry the action out. */
  readonly onCommand?: (command: CommandRef) => void;
}

export interface LogLine {
  /** The line without its newline, as the node wrote it. Data, never trusted. */
  readonly text: string;
  /** Its own time, in ms of wall time, where its source gives one. By a clock that may not be ours. */
  readonly writtenAt?: number;
  /** That time is by the clock of this machine, and need not be taken with tolerance. */
  readonly ownClock?: boolean;
}

/** Thrown when a watch ends, by a log that may have been deaf all the time. */
export class LogDeaf extends Error {}

/** Where the log of a node is: a file of this machine, a unit of its systemd, or a container of its docker. */
export type LogSource = { readonly file: string } | { readonly journald: string } | { readonly docker: string };

/**
 * How nodes are reached. What a platform cannot do it does not have: the engine refuses a drill whose platform lacks
 * `stop` or `start` at preflight. Every method rejects with an Error that names the node.
 */
export interface Platform {
  readonly id: string;
  inspect(node: NodeRef, signal: AbortSignal): Promise<Inspection>;
  /** What a person would type to do this action by hand. */
  byHand(action: 'stop' | 'start' | 'pause' | 'resume', node: NodeRef): string;
  /** Hard stop, as a power cut would. Resolves when the node is gone. Idempotent. */
  stop?(node: NodeRef, options: ActionOptions): Promise<void>;
  /** Resolves when the node's processes run; whether it serves is for `inspect` and the drill to say. Idempotent. */
  start?(node: NodeRef, options: ActionOptions): Promise<void>;
  pause?(node: NodeRef, options: ActionOptions): Promise<void>;
  resume?(node: NodeRef, options: ActionOptions): Promise<void>;
  /** Lines written after the call, until the signal aborts. */
  logs?(node: NodeRef, signal: AbortSignal): AsyncIterable<LogLine>;
}
