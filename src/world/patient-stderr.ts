import { write } from 'node:fs';
import { codeOf } from './errno.ts';
import type { Clock } from './world.ts';

const STDERR = 2;
const TRY_AGAIN_MS = 100;

/** Where the guard speaks. */
export interface PatientStream {
  /** Never throws, never rejects, and never waits for whoever should read. */
  write(text: string): void;
  /** True once everything is written, or cannot be; false when `ms` have passed: then a thread hangs, and the process could not end by itself. */
  drained(ms: number): Promise<boolean>;
}

/**
 * A terminal that is held (Ctrl-S) and a pipe that nobody reads take a writer's thread with them, and that may be what
 * the tool has hung on. This one writes in a thread of its own, one text after the other, so that a restore goes on.
 */
export function patientStderr(clock: Clock, fd: number = STDERR): PatientStream {
  let broken = false;
  let queue: Promise<void> = Promise.resolve();
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    let rest = bytes;
    while (!broken && rest.byteLength > 0) {
      const answer = await writeSome(fd, rest);
      if (typeof answer === 'number') rest = rest.subarray(answer);
      // A full pipe that does not block: its reader may come back.
      else if (codeOf(answer) === 'EAGAIN') await clock.sleep(TRY_AGAIN_MS);
      else if (codeOf(answer) !== 'EINTR') broken = true;
    }
  };
  return {
    write(text) {
      queue = queue.then(() => writeAll(new TextEncoder().encode(text)));
    },
    async drained(ms) {
      const enough = new AbortController();
      const over = clock.sleep(ms, enough.signal).then(() => false);
      const isDrained = await Promise.race([queue.then(() => true), over]);
      enough.abort();
      return isDrained;
    },
  };
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number | Error> {
  return new Promise((resolve) => {
    write(fd, bytes, 0, bytes.byteLength, null, (error, written) => resolve(error ?? written));
  });
}
