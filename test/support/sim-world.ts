import { expectManyListeners } from '../../src/world/crashes.ts';
import type { World } from '../../src/world/world.ts';
import { SimClock } from './sim-clock.ts';
import { SimFiles } from './sim-files.ts';
import { SimLocks } from './sim-locks.ts';
import { SimRandom } from './sim-random.ts';
import { SimEnv, SimSignals, SimTty, simExec, simGuards, simHttp, simNet, simProcesses } from './sim-surroundings.ts';

// As the program itself does at its start: a drill has dozens of waits on one signal.
expectManyListeners();

export interface SimOptions {
  /** Everything random follows from it. Default: the variable GAMEDAY_SEED, else 1. */
  readonly seed?: number;
  /** Virtual time after which a run that is still going counts as endless. Default: 2 hours. */
  readonly limitMs?: number;
  /** Wall time at the start, ms since the epoch. Default: 2026-01-01T00:00:00Z. */
  readonly wallMs?: number;
}

const HOURS_MS = 3_600_000;
/** Monotonic time never starts at 0 in reality: whoever confuses it with a duration is found out. */
const BOOTED_FOR_MS = 1_000_000;
const QUIET_ROUNDS = 2;
/** Real rounds of the event loop that nothing may move in before a run counts as stuck: a lazy import takes some. */
const PATIENCE_ROUNDS = 200;
const PATIENCE_STEP_MS = 5;

/**
 * A world in memory with virtual time: a drill of minutes takes milliseconds and is the same each time. Only what waits
 * on this world's clock is waited for, so modules that are imported lazily have to be imported by the test beforehand.
 */
export class SimWorld implements World {
  readonly seed: number;
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly fs: SimFiles;
  readonly locks = new SimLocks();
  readonly signals = new SimSignals();
  readonly tty = new SimTty();
  readonly env = new SimEnv();
  readonly exec = simExec();
  readonly processes = simProcesses();
  readonly guards = simGuards();
  readonly http = simHttp();
  readonly net = simNet();
  private readonly limitMs: number;

  constructor(options: SimOptions = {}) {
    this.seed = options.seed ?? Number(process.env.GAMEDAY_SEED ?? 1);
    this.limitMs = BOOTED_FOR_MS + (options.limitMs ?? 2 * HOURS_MS);
    this.clock = new SimClock(BOOTED_FOR_MS, options.wallMs ?? Date.UTC(2026, 0, 1));
    this.random = new SimRandom(this.seed);
    this.fs = new SimFiles(this.env.cwd, [this.env.home, '/tmp'], () => {
      this.clock.moves += 1;
    });
  }

  /**
   * Runs `main` to its end, taking time forward whenever nothing else can happen. Rejects as `main` does, with `deadlock`
   * when it waits for something that cannot come, and when the limit of virtual time is reached; the seed stands in the
   * message of each.
   */
  async run<T>(main: () => Promise<T>): Promise<T> {
    const state: { outcome?: { readonly value: T } | { readonly error: unknown } } = {};
    main().then(
      (value) => {
        state.outcome = { value };
      },
      (error: unknown) => {
        state.outcome = { error };
      },
    );
    for (;;) {
      await this.settle();
      if (state.outcome !== undefined) break;
      const dueMs = this.clock.nextDueMs();
      if (dueMs === undefined) {
        if (await this.movesAfterAll(() => state.outcome !== undefined)) continue;
        throw this.withSeed(new Error('deadlock: no timer is left and the run has not ended'));
      }
      if (dueMs > this.limitMs)
        throw this.withSeed(new Error(`endless: still running after ${this.limitMs - BOOTED_FOR_MS}ms`));
      this.clock.advance();
    }
    if ('error' in state.outcome) throw this.withSeed(state.outcome.error);
    return state.outcome.value;
  }

  /**
   * The process dies at this moment, like by SIGKILL (`kept`) or with the machine's power: its timers, open files, locks
   * and listeners are gone, and unsynced bytes are `dropped`, or kept up to a random byte (`torn`). Call it from `main`;
   * what was started before never goes on.
   */
  crash(unsynced: 'kept' | 'dropped' | 'torn' = 'dropped'): void {
    this.clock.forgetTimers();
    this.fs.crash(unsynced, this.random);
    this.locks.crash();
    this.signals.crash();
  }

  private async settle(): Promise<void> {
    let quiet = 0;
    while (quiet < QUIET_ROUNDS) {
      const before = this.clock.moves;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.clock.moves === before ? quiet + 1 : 0;
    }
  }

  private async movesAfterAll(ended: () => boolean): Promise<boolean> {
    const before = this.clock.moves;
    for (let round = 0; round < PATIENCE_ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_STEP_MS));
      if (ended() || this.clock.moves !== before) return true;
    }
    return false;
  }

  private withSeed(error: unknown): unknown {
    if (error instanceof Error) error.message = `${error.message} [simulation seed ${this.seed}]`;
    return error;
  }
}
