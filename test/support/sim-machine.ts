import type { LockOwner, ProcessInfo, ProcessRef, World } from '../../src/world/world.ts';
import { SimClock } from './sim-clock.ts';
import { SimFiles } from './sim-files.ts';
import { processWorld } from './sim-machine-world.ts';
import { SimPipe } from './sim-pipe.ts';
import { type Point, SimProcess, type Where } from './sim-process.ts';
import { SimRandom } from './sim-random.ts';
import { SimEnv } from './sim-surroundings.ts';

const BOOTED_FOR_MS = 1_000_000;
const TICKS_A_SECOND = 100;

/** Whatever stands in the process table. */
export interface TableEntry {
  readonly ref: ProcessRef;
  readonly name: string;
  isAlive(): boolean;
  signal(name: string): void;
}

/** Why a simulation could not go on: nothing is left that could happen, or it does not end. */
export class SimStuck extends Error {}

/**
 * One machine in memory: virtual time, a disk that forgets what was not synced, kernel locks and several processes, each
 * of which has a World of its own and can be killed or stopped between any two of its acts. Modules that are imported
 * lazily have to be imported by the test beforehand: only promises are waited for.
 */
export class SimMachine {
  readonly clock = new SimClock(BOOTED_FOR_MS, Date.UTC(2026, 0, 1));
  readonly random: SimRandom;
  readonly env = new SimEnv();
  readonly disk: SimFiles;
  readonly locks = new Map<string, { readonly process: SimProcess; readonly owner: LockOwner }>();
  readonly processes: SimProcess[] = [];
  /** What `Guards.start` runs: this program, again. Resolves with the exit code. */
  program: (args: readonly string[], world: World, process: SimProcess) => Promise<number> = () =>
    Promise.reject(new Error('there is no program to start'));
  /** Why no guard can be started now; undefined: it can. */
  guardRefusal: () => string | undefined = () => undefined;
  /** Told of each step before and after it: may kill, stop, or cut the power. */
  onPoint: (process: SimProcess, point: Point, where: Where) => void = () => undefined;
  /** How many bytes of this append are written before `onPoint` hears of `torn`; undefined: all of them. */
  tear: (process: SimProcess, point: Point, bytes: number) => number | undefined = () => undefined;
  onEnd: (process: SimProcess) => void = () => undefined;
  /** Told of each renewal of a guard's lease that a tool writes, and of each signal before it is sent. */
  onRenewal: (tool: SimProcess) => void = () => undefined;
  onSignal: (from: SimProcess, pid: number, signal: string) => void = () => undefined;
  /** How long the disk takes for this, in ms. */
  diskMs: (operation: 'append' | 'sync') => number = () => 0;
  private readonly table = new Map<number, TableEntry>();
  private nextPid = 1_000;
  private bootedAt = BOOTED_FOR_MS;
  private boots = 1;

  constructor(seed: number) {
    this.random = new SimRandom(seed);
    this.disk = new SimFiles(this.env.cwd, [this.env.home, '/tmp'], () => undefined);
  }

  /** CLOCK_MONOTONIC of this boot. */
  now(): number {
    return this.clock.now() - this.bootedAt + BOOTED_FOR_MS / this.boots;
  }

  /** CLOCK_BOOTTIME of this boot: it goes on while the machine sleeps. */
  sinceBoot(): number {
    return this.now() + this.clock.boot() - this.clock.now();
  }

  /** Starts a process. It ends with what `main` resolves with, or dies of what it rejects with. */
  spawn(role: string, main: (world: World, process: SimProcess) => Promise<number>, pipe?: SimPipe): SimProcess {
    const process: SimProcess = new SimProcess(role, this.newRef(), {
      soon: (callback) => void this.clock.after(0, callback),
      reached: (one, point, where) => this.onPoint(one, point, where),
      ended: (one) => this.forget(one),
    });
    this.processes.push(process);
    this.table.set(process.ref.pid, process);
    pipe?.attach(process);
    const world = processWorld(this, process, pipe);
    this.clock.after(0, () => {
      if (!process.isAlive()) return;
      main(world, process).then(
        (code) => process.input(() => process.finish({ how: 'exit', code })),
        (error: unknown) => process.input(() => process.finish({ how: 'error', error })),
      );
    });
    return process;
  }

  startGuard(
    tool: SimProcess,
    args: readonly string[],
  ): Promise<{ readonly pipe: SimPipe; readonly guard: SimProcess }> {
    const refusal = this.guardRefusal();
    if (refusal !== undefined) return Promise.reject(new Error(refusal));
    const pipe = new SimPipe(tool, () => this.onRenewal(tool));
    const guard = this.spawn('guard', (world, process) => this.program(args, world, process), pipe);
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(10_000, () =>
        reject(new Error('the guard did not say that it is ready within 10s')),
      );
      void pipe.ready.then(() => {
        cancel();
        resolve({ pipe, guard });
      });
      void guard.ended.then(() => {
        cancel();
        reject(new Error('the guard ended before it was ready'));
      });
    });
  }

  /** Pid and start time for something new; `pid` again where a freed one is given out anew. */
  newRef(pid?: number): ProcessRef {
    if (pid === undefined) this.nextPid += 1;
    return {
      pid: pid ?? this.nextPid,
      startTime: String(Math.round((this.clock.now() * TICKS_A_SECOND) / 1_000) + this.nextPid),
    };
  }

  add(entry: TableEntry): void {
    this.table.set(entry.ref.pid, entry);
  }

  isAlive({ pid, startTime }: ProcessRef): boolean {
    const entry = this.table.get(pid);
    return entry?.isAlive() === true && entry.ref.startTime === startTime;
  }

  info(pid: number): ProcessInfo | undefined {
    const entry = this.table.get(pid);
    if (entry?.isAlive() !== true) return undefined;
    const state = entry instanceof SimProcess && entry.life === 'stopped' ? 'T' : 'S';
    return { ...entry.ref, parent: 1, group: pid, session: pid, state, name: entry.name };
  }

  kill(pid: number, signal: string): void {
    this.table.get(pid)?.signal(signal);
  }

  /** All processes end at this moment, and what was not synced is lost, or kept up to a random byte. */
  powerOff(unsynced: 'dropped' | 'torn'): void {
    for (const entry of [...this.table.values()]) entry.signal('SIGKILL');
    this.disk.crash(unsynced, this.random);
    this.table.clear();
  }

  /** Monotonic time begins anew. */
  boot(): void {
    this.boots += 1;
    this.bootedAt = this.clock.now();
    this.env.bootId = `00000000-0000-4000-8000-00000000000${this.boots}`;
  }

  /** Runs `main`, which stands outside of every process, taking time forward whenever nothing else can happen. Rejects with SimStuck. */
  async run<T>(limitMs: number, main: () => Promise<T>): Promise<T> {
    const outcome: { value?: T; error?: unknown; over: boolean } = { over: false };
    main().then(
      (value) => Object.assign(outcome, { value, over: true }),
      (error: unknown) => Object.assign(outcome, { error, over: true }),
    );
    const endMs = this.clock.now() + limitMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (outcome.over) break;
      const dueMs = this.clock.nextDueMs();
      if (dueMs === undefined) throw new SimStuck('deadlock: no timer is left and the session has not ended');
      if (dueMs > endMs) throw new SimStuck(`endless: still running after ${limitMs}ms`);
      this.clock.advance();
    }
    if (outcome.error !== undefined) throw outcome.error;
    return outcome.value as T;
  }

  private forget(process: SimProcess): void {
    for (const [path, { process: holder }] of this.locks) if (holder === process) this.locks.delete(path);
    if (this.table.get(process.ref.pid) === process) this.table.delete(process.ref.pid);
    this.onEnd(process);
  }
}
