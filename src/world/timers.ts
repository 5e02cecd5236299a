import { DeadlineError } from './await.ts';
import { onAbort } from './on-abort.ts';
import type { Clock, Deadline } from './world.ts';

/** Calls back once after `ms`; returns the function that takes it back. */
export type After = (ms: number, callback: () => void) => () => void;

/** What a clock can do once it can call back later. The real and the simulated clock share it, so that both abort alike. */
export function timersOver(after: After): Pick<Clock, 'sleep' | 'deadline'> {
  return {
    sleep: (ms, signal) => sleepOver(after, ms, signal),
    deadline: (ms, parent) => deadlineOver(after, ms, parent),
  };
}

function sleepOver(after: After, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const cancel = after(ms, () => {
      unheed?.();
      resolve();
    });
    const unheed =
      signal &&
      onAbort(signal, () => {
        cancel();
        resolve();
      });
  });
}

function deadlineOver(after: After, ms: number, parent: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const onParent = (): void => {
    cancelTimer();
    controller.abort(parent?.reason);
  };
  const cancelTimer = after(ms, () => {
    expired = true;
    unheed?.();
    controller.abort(new DeadlineError(ms));
  });
  const unheed = parent && !parent.aborted ? onAbort(parent, onParent) : undefined;
  if (parent?.aborted) onParent();
  return {
    signal: controller.signal,
    expired: () => expired,
    cancel: () => {
      cancelTimer();
      unheed?.();
    },
  };
}
