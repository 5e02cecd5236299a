import { formatDuration } from '../core/duration.ts';
import type { Clock } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

const TICK_MS = 500;
/** Between two looks at the clock that should be half a second apart: two seconds without us are always noticed. */
const HOLE_MS = 2_000;

interface Looked {
  readonly now: number;
  readonly boot: number;
  readonly wall: number;
}

/**
 * Looks at the clocks twice a second, until the signal aborts, and journals when the tool stood still meanwhile (SIGSTOP, a
 * starved processor) or the machine slept: what was measured then proves nothing. A wall clock that is set is only noted:
 * nothing is measured with it.
 */
export async function watchSuspension(clock: Clock, recorder: Recorder, signal: AbortSignal): Promise<void> {
  let before = look(clock);
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal);
    const after = look(clock);
    // Not awaited: a slow disk is no standing still.
    tell(before, after, recorder);
    before = after;
  }
}

function look(clock: Clock): Looked {
  return { now: clock.now(), boot: clock.boot(), wall: clock.wall() };
}

function tell(before: Looked, after: Looked, recorder: Recorder): void {
  const [awake, real, shown] = [after.now - before.now, after.boot - before.boot, after.wall - before.wall];
  const slept = real - awake > HOLE_MS;
  if (slept || awake > HOLE_MS) {
    void recorder.attempt({
      type: 'suspended',
      ms: Math.round(Math.max(real, awake)),
      since: before.now,
      who: slept ? 'machine' : 'process',
    });
  }
  const set = shown - Math.max(real, awake);
  if (Math.abs(set) <= HOLE_MS) return;
  const way = set > 0 ? 'forward' : 'back';
  void recorder.attempt({
    type: 'note',
    scenario: null,
    text: `the wall clock was set ${way} by ${formatDuration(Math.abs(set))}: times of day before and after do not fit together, no measurement depends on them`,
  });
}
