import { Writable } from 'node:stream';
import type { Stream } from './world.ts';

/** A terminal stream for libraries that draw: what they write goes through ours, which does not throw when the terminal is gone. */
export function asWriteStream(stream: Stream): NodeJS.WriteStream {
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      stream.write(String(chunk));
      done();
    },
  });
  Object.defineProperties(writable, {
    isTTY: { get: () => stream.isTTY },
    columns: { get: () => stream.columns },
    rows: { get: () => process.stderr.rows ?? 24 },
  });
  return writable as unknown as NodeJS.WriteStream;
}

/** A terminal that swallows everything. */
export function nowhere(): NodeJS.WriteStream {
  return asWriteStream({ isTTY: false, columns: 80, broken: false, write: () => undefined });
}
