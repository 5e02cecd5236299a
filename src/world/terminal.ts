import type { Stream, Tty } from './world.ts';

const DEFAULT_COLUMNS = 80;

/** What is used of Node's stdout and stderr. Where they are no terminal, they have neither width nor `isTTY`. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
  on(event: 'error', listener: () => void): unknown;
}

let shared: Tty | undefined;

/** The process has one terminal: every world of it shares this one, and one listener for its errors. */
export function createTty(): Tty {
  shared ??= { out: guarded(process.stdout), err: guarded(process.stderr), inputIsTTY: process.stdin.isTTY === true };
  return shared;
}

/**
 * A closed terminal or a reader that has left must not end a drill: the error is remembered, and nothing more is
 * written there.
 */
export function guarded(stream: Output): Stream {
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    get broken() {
      return broken;
    },
    write(text) {
      if (broken) return;
      try {
        stream.write(text);
      } catch {
        broken = true;
      }
    },
  };
}
