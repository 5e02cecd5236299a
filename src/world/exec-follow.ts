import { type ChildProcess, spawn } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { childEnvironment } from './environment.ts';
import { killGroupOf } from './kill-group.ts';
import { onAbort } from './on-abort.ts';
import { notStarted } from './processes.ts';
import type { Clock, FollowOptions, Output } from './world.ts';

/** What the program has started may hold our pipes open after its end: they are closed when nothing came for this time. */
const PIPE_GRACE_MS = 500;

/** Gives out what the program writes. Each pipe waits until its last bytes were taken, so that no flood fills our memory. */
export async function* follow(
  clock: Clock,
  file: string,
  args: readonly string[],
  { signal }: FollowOptions,
): AsyncGenerator<Output> {
  if (signal.aborted) return;
  const child: ChildProcess = spawn(file, args, {
    env: childEnvironment(),
    // A session and group of its own: Ctrl-C must not end it before the drill does, and the kill reaches its children.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** What has come; the first of it may be in somebody's hands. */
  const waiting: Output[] = [];
  let taken = 0;
  let end: Error | undefined;
  let wake = (): void => undefined;
  // Before anything else: without a descriptor left there are no pipes, and an error that nobody listens to ends us.
  child.once('error', (error) => {
    end ??= notStarted(file, error);
    wake();
  });
  const listen = (stream: Output['stream']): void => {
    child[stream]?.on('data', (bytes: Uint8Array) => {
      child[stream]?.pause();
      waiting.push({ stream, bytes });
      wake();
    });
  };
  const close = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  listen('stdout');
  listen('stderr');
  const closeWhenQuiet = async (): Promise<void> => {
    for (let before = -1; !signal.aborted && (waiting.length > 0 || taken > before); ) {
      before = taken;
      await clock.sleep(PIPE_GRACE_MS, signal);
      // Node looks at its timers first: after a standstill the last bytes lie in the pipe still.
      await setImmediate();
    }
    close();
  };
  child.once('exit', () => void closeWhenQuiet());
  child.once('close', (code, killedBy) => {
    end ??= new Error(`${file} ended ${code === null ? `by ${killedBy}` : `with exit code ${code}`}`);
    wake();
  });
  const stopListening = onAbort(signal, () => wake());
  try {
    while (!signal.aborted) {
      const next = waiting[0];
      if (next !== undefined) {
        yield next;
        waiting.shift();
        taken += 1;
        child[next.stream]?.resume();
      } else if (end !== undefined) {
        throw end;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stopListening();
    waiting.length = 0;
    close();
    // Nobody waits for a child that the kernel does not let go of.
    child.unref();
    if (child.exitCode === null && child.signalCode === null) killGroupOf(child);
  }
}
