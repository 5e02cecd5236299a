import type { ProcessRef } from '../../src/world/world.ts';
import { SimSignals } from './sim-surroundings.ts';

export type Where = 'before' | 'torn' | 'effect' | 'after';

/** A step of a process that the outside can see: what happens to it may happen right there. */
export interface Point {
  readonly op: 'append' | 'sync' | 'lock' | 'guard' | 'stop' | 'start' | 'inspect';
  /** The type of the event that is written, or the node that a command is about. */
  readonly what: string;
}

export type ProcessEnd =
  | { readonly how: 'exit'; readonly code: number }
  | { readonly how: 'signal'; readonly signal: string }
  | { readonly how: 'error'; readonly error: unknown };

export interface ProcessHost {
  /** Lets something else happen first, at the same time. */
  soon(callback: () => void): void;
  reached(process: SimProcess, point: Point, where: Where): void;
  ended(process: SimProcess): void;
}

/**
 * One process of a simulated machine. Whatever it does to the outside goes through `call`, and whatever the outside tells
 * it through `timer` and `input`: so it can die or be stopped between any two of them.
 */
export class SimProcess {
  readonly role: string;
  readonly ref: ProcessRef;
  readonly signals = new SimSignals();
  readonly ended: Promise<ProcessEnd>;
  life: 'running' | 'stopped' | 'dead' = 'running';
  end: ProcessEnd | undefined;
  private readonly host: ProcessHost;
  private readonly tellEnd: (end: ProcessEnd) => void;
  private readonly overdue: (() => void)[] = [];
  private readonly unread: (() => void)[] = [];
  private draining = false;

  constructor(role: string, ref: ProcessRef, host: ProcessHost) {
    this.role = role;
    this.ref = ref;
    this.host = host;
    let tell = (_end: ProcessEnd): void => undefined;
    this.ended = new Promise((resolve) => {
      tell = resolve;
    });
    this.tellEnd = tell;
  }

  get name(): string {
    return `${this.role}[${this.ref.pid}]`;
  }

  isAlive(): boolean {
    return this.life !== 'dead';
  }

  /** A timer of this process is due. */
  timer(callback: () => void): void {
    this.deliver(callback, this.overdue);
  }

  /** Something arrives for this process: the answer to a call, bytes on a pipe, a signal. */
  input(callback: () => void): void {
    this.deliver(callback, this.unread);
  }

  /** An act of this process. It never begins in a dead process, and later in a stopped one; its answer comes likewise. */
  call<T>(point: Point | undefined, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (point !== undefined && this.life === 'running') this.host.reached(this, point, 'before');
      const begin = (): void => {
        act().then(
          (value) => {
            if (point !== undefined && this.isAlive()) this.host.reached(this, point, 'after');
            this.input(() => resolve(value));
          },
          (error: unknown) => this.input(() => reject(error)),
        );
      };
      if (this.life === 'running') begin();
      else this.input(begin);
    });
  }

  signal(name: string): void {
    if (!this.isAlive()) return;
    if (name === 'SIGKILL') this.finish({ how: 'signal', signal: name });
    else if (name === 'SIGSTOP') this.life = 'stopped';
    else if (name === 'SIGCONT') this.goOn();
    else if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP') {
      this.input(() => {
        if (!this.signals.raise(name)) this.finish({ how: 'signal', signal: name });
      });
    }
  }

  finish(end: ProcessEnd): void {
    if (!this.isAlive()) return;
    this.life = 'dead';
    this.end = end;
    this.signals.crash();
    this.host.ended(this);
    this.tellEnd(end);
  }

  private goOn(): void {
    if (this.life !== 'stopped') return;
    this.life = 'running';
    if (this.draining) return;
    this.draining = true;
    this.host.soon(() => this.drain());
  }

  /** As in Node: first the timers that have become due, then what there is to read; each in a turn of its own. */
  private drain(): void {
    const next = this.life === 'running' ? (this.overdue.shift() ?? this.unread.shift()) : undefined;
    if (next === undefined) {
      this.draining = false;
      return;
    }
    next();
    this.host.soon(() => this.drain());
  }

  private deliver(callback: () => void, queue: (() => void)[]): void {
    if (this.life === 'dead') return;
    if (this.life === 'stopped' || this.draining) queue.push(callback);
    else callback();
  }
}
