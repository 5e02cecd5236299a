import { uptime } from 'node:os';
import { type After, timersOver } from './timers.ts';
import type { Clock } from './world.ts';

/** Node fires a timer at once when its delay does not fit in 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createClock(): Clock {
  return { now, wall: () => Date.now(), boot: () => uptime() * 1_000, ...timersOver(after) };
}

/** hrtime is CLOCK_MONOTONIC; whole microseconds keep the number exact. */
function now(): number {
  const [seconds, nanos] = process.hrtime();
  return (seconds * 1_000_000 + Math.floor(nanos / 1_000)) / 1_000;
}

/** Node's timers may fire up to a millisecond early: what is left is waited for again. */
const after: After = (ms, callback) => {
  const due = now() + ms;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = Math.max(0, Math.ceil(due - now()));
    timer = setTimeout(fire, Math.min(left, LONGEST_TIMER_MS));
  };
  const fire = (): void => {
    if (now() < due) arm();
    else callback();
  };
  arm();
  return () => clearTimeout(timer);
};
