import { messageOf } from '../core/errors.ts';
import type { Condition } from '../core/scenario.ts';
import type { Phase } from '../journal/events.ts';
import { withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

const ASK_DEADLINE_MS = 10_000;
const SAY_EVERY_MS = 500;
const POLL_EVERY_MS = 200;

/** Asks a condition under a deadline; one that throws does not hold. */
export async function ask(
  clock: Clock,
  signal: AbortSignal,
  condition: (signal: AbortSignal) => Promise<Condition>,
): Promise<Condition> {
  try {
    return await withDeadline(clock, ASK_DEADLINE_MS, signal, condition);
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}

export interface HoldOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The condition must hold without a break for so long. 0: once is enough. */
  readonly holdMs: number;
  readonly deadlineMs: number;
  /** It must go on holding until this is true too; whoever says so has a deadline of their own. Default: at once. */
  readonly until?: () => boolean;
  readonly check: (signal: AbortSignal) => Promise<Condition>;
  readonly say: (condition: Condition) => Promise<void>;
}

/** Polls until the condition has held for `holdMs` (and `until`). `ok: false` with the last thing seen when the deadline or the signal came first. */
export async function hold(options: HoldOptions): Promise<Condition> {
  const { clock, signal } = options;
  const startedAt = clock.now();
  let since: number | undefined;
  let last: Condition = { ok: false, detail: 'not looked at yet' };
  while (!signal.aborted) {
    const askedAt = clock.now();
    last = await ask(clock, signal, options.check);
    if (signal.aborted) break;
    await options.say(last);
    since = last.ok ? (since ?? askedAt) : undefined;
    const held = since !== undefined && clock.now() - since >= options.holdMs;
    if (held && (options.until?.() ?? true)) return last;
    if (!held && clock.now() - startedAt > options.deadlineMs)
      return { ok: false, detail: last.ok ? `held only for a moment: ${last.detail}` : last.detail };
    await clock.sleep(POLL_EVERY_MS, signal);
  }
  return { ok: false, detail: last.detail };
}

/** Journals what is waited for when it changes, at most twice a second. */
export function makeWaiting(
  clock: Clock,
  recorder: Recorder,
  scenario: string,
  phase: Phase,
): (condition: Condition) => Promise<void> {
  let last: string | undefined;
  let saidAt = Number.NEGATIVE_INFINITY;
  return async ({ ok, detail }) => {
    const text = `${ok} ${detail}`;
    if (text === last || clock.now() - saidAt < SAY_EVERY_MS) return;
    last = text;
    saidAt = clock.now();
    await recorder.attempt({ type: 'waiting', scenario, phase, ok, detail });
  };
}
