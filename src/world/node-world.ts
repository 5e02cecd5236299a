import { createClock } from './clock.ts';
import { createEnv } from './environment.ts';
import { createExec } from './exec.ts';
import { createFiles } from './files.ts';
import { createGuards } from './guards.ts';
import { createHttp } from './http.ts';
import { createLocks } from './locks.ts';
import { createNet } from './net.ts';
import { createProcesses } from './processes.ts';
import { createRandom } from './random.ts';
import { createSignals } from './signals.ts';
import { createTty } from './terminal.ts';
import type { World } from './world.ts';

/** The real world: this machine. Made once, where the program starts, and handed to everyone else. */
export function createWorld(): World {
  const clock = createClock();
  return {
    clock,
    random: createRandom(),
    exec: createExec(clock),
    processes: createProcesses(),
    locks: createLocks(),
    guards: createGuards(clock),
    http: createHttp(clock),
    net: createNet(clock),
    fs: createFiles(),
    signals: createSignals(),
    tty: createTty(),
    env: createEnv(),
  };
}
