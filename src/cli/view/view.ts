import type { JournalRecord } from '../../journal/events.ts';
import type { World } from '../../world/world.ts';

/** Shows a running session on stderr. Fed with journal records only, and never in the way of the session. */
export interface SessionView {
  onRecord(record: JournalRecord): void;
  /** Leaves the terminal as it was found. */
  end(): Promise<void>;
}

/** Live on a terminal that can move its cursor; timestamped lines in a pipe, in CI and on a dumb terminal. */
export function wantsLiveView(world: Pick<World, 'tty' | 'env'>, plain: boolean): boolean {
  const ci = world.env.get('CI');
  const inCi = ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0';
  return !plain && !inCi && world.tty.err.isTTY && world.env.get('TERM') !== 'dumb';
}
