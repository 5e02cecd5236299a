import { timersOver } from '../../src/world/timers.ts';
import type { Clock } from '../../src/world/world.ts';

interface Timer {
  readonly dueMs: number;
  /** Timers that are due together fire in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
}

/** Virtual time: it stands still until somebody advances it to the next timer. */
export class SimClock implements Clock {
  readonly sleep: Clock['sleep'];
  readonly deadline: Clock['deadline'];
  /** Counts what happened, so that a driver can tell whether anything still moves. */
  moves = 0;
  private monotonicMs: number;
  private wallOffsetMs: number;
  private sleptMs = 0;
  private order = 0;
  private readonly heap: Timer[] = [];

  constructor(monotonicMs: number, wallMs: number) {
    this.monotonicMs = monotonicMs;
    this.wallOffsetMs = wallMs - monotonicMs;
    const { sleep, deadline } = timersOver((ms, callback) => this.after(ms, callback));
    this.sleep = sleep;
    this.deadline = deadline;
  }

  now(): number {
    return this.monotonicMs;
  }

  wall(): number {
    return this.monotonicMs + this.wallOffsetMs;
  }

  boot(): number {
    return this.monotonicMs + this.sleptMs;
  }

  /** The process is stopped for so long: time goes by, and whatever was due meanwhile is late. */
  standStill(ms: number): void {
    this.monotonicMs += ms;
  }

  /** The machine sleeps for so long: monotonic time stands still, and no timer comes late by it. */
  sleepMachine(ms: number): void {
    this.sleptMs += ms;
    this.wallOffsetMs += ms;
  }

  /** Somebody sets the wall clock; monotonic time does not know about it. */
  jumpWall(ms: number): void {
    this.wallOffsetMs += ms;
  }

  /** When the next timer is due; undefined when there is none. */
  nextDueMs(): number | undefined {
    return this.heap[0]?.dueMs;
  }

  /** Takes time forward to the next timer and fires that one alone. */
  advance(): void {
    const timer = this.pop();
    if (timer === undefined) return;
    this.monotonicMs = Math.max(this.monotonicMs, timer.dueMs);
    this.moves += 1;
    timer.callback();
  }

  /** What a dead process had set never fires. */
  forgetTimers(): void {
    this.heap.length = 0;
  }

  /** Calls back once after `ms`; returns the function that takes it back. */
  after(ms: number, callback: () => void): () => void {
    this.moves += 1;
    this.order += 1;
    const timer: Timer = { dueMs: this.monotonicMs + Math.max(0, ms), order: this.order, callback };
    this.push(timer);
    return () => this.cancel(timer);
  }

  private cancel(timer: Timer): void {
    const index = this.heap.indexOf(timer);
    if (index === -1) return;
    this.moves += 1;
    const last = this.heap.pop();
    if (last === undefined || last === timer) return;
    this.heap[index] = last;
    this.siftUp(index);
    this.siftDown(index);
  }

  private push(timer: Timer): void {
    this.heap.push(timer);
    this.siftUp(this.heap.length - 1);
  }

  private pop(): Timer | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.heap[0] = last;
    this.siftDown(0);
    return first;
  }

  private siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  private siftDown(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.before(left + 1, left) ? left + 1 : left;
      if (!this.swapIfBefore(child, index)) return;
      index = child;
    }
  }

  private swapIfBefore(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (one === undefined || other === undefined || !this.before(a, b)) return false;
    this.heap[a] = other;
    this.heap[b] = one;
    return true;
  }

  private before(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (one === undefined || other === undefined) return false;
    return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
  }
}
