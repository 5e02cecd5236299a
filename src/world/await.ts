import { onAbort } from './on-abort.ts';
import type { Clock } from './world.ts';

/** The time was up before the work was done. `ms` is the time that was allowed. */
export class DeadlineError extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`no result within ${ms}ms`);
    this.name = 'DeadlineError';
    this.ms = ms;
  }
}

/** True for a DeadlineError and for whatever has one as its cause. */
export function isOutOfTime(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  return error instanceof Error && error.cause !== undefined && isOutOfTime(error.cause);
}

/** The caller gave up before the work was done; `cause` is the signal's reason. */
export class AbortedError extends Error {
  constructor(reason: unknown) {
    super('given up by the caller', { cause: reason });
    this.name = 'AbortedError';
  }
}

/**
 * Calls `check` at once and then `everyMs` after each call ended, until it answers with something else than undefined.
 * Answers undefined as soon as the signal aborts, even while `check` hangs. Rejects when `check` does.
 */
export async function until<T>(
  clock: Clock,
  options: { readonly everyMs: number; readonly signal: AbortSignal },
  check: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { everyMs, signal } = options;
  while (!signal.aborted) {
    const value = await unlessAborted(signal, check());
    if (value !== undefined) return value;
    await clock.sleep(everyMs, signal);
  }
  return undefined;
}

/**
 * Runs `work` for at most `ms`. Rejects with a DeadlineError when the time is up and with an AbortedError when the
 * parent aborts, in both cases at once, even if the work ignores its signal; what becomes of that work later is of no
 * interest to anyone. Work is not started when the parent has aborted already.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (parent?.aborted) throw new AbortedError(parent.reason);
  const deadline = clock.deadline(ms, parent);
  const { signal } = deadline;
  const over = onceAborted(signal);
  try {
    return await Promise.race([
      attempt(work, signal),
      over.promise.then(() => {
        throw deadline.expired() ? new DeadlineError(ms) : new AbortedError(signal.reason);
      }),
    ]);
  } finally {
    over.forget();
    deadline.cancel();
  }
}

/** A disk that has not answered after so many of our own seconds counts as lost. */
export const DISK_PATIENCE_S = 15;

/**
 * Runs `work` for at most so many of our own seconds, and rejects with a DeadlineError then. Each second is waited for anew,
 * and one that was slept through counts once: a process that stood still does not blame its disk. The signal aborts when
 * nobody waits any more.
 */
export async function patiently<T>(
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
  seconds = DISK_PATIENCE_S,
): Promise<T> {
  const over = new AbortController();
  try {
    const answer = attempt(work, over.signal);
    const answered = answer.then(
      () => true,
      () => true,
    );
    for (let second = 0; second < seconds; second += 1) {
      if (await Promise.race([answered, clock.sleep(1_000, over.signal).then(() => false)])) return await answer;
    }
    throw new DeadlineError(seconds * 1_000);
  } finally {
    over.abort();
  }
}

/** A work that throws before it returns its promise is a work that rejects. */
async function attempt<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}

/** `Promise.race` handles every promise it is given: one that rejects after the race is no unhandled rejection. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const over = onceAborted(signal);
  try {
    return await Promise.race([work, over.promise.then(() => undefined)]);
  } finally {
    over.forget();
  }
}

function onceAborted(signal: AbortSignal): { readonly promise: Promise<void>; forget(): void } {
  let forget = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else forget = onAbort(signal, resolve);
  });
  return { promise, forget };
}
