import type { LogLine } from '../../core/platform.ts';
import type { World } from '../../world/world.ts';

const POLL_MS = 200;
const READ_BYTES = 1024 * 1024;
/** A longer line is given out in pieces: a server that writes no newline must not fill our memory. */
const LINE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Lines that are written to the file after this call, until the signal aborts. A file that became shorter is read from its start. */
export function followLog(world: World, path: string, signal: AbortSignal): AsyncIterable<LogLine> {
  const begin = world.fs.size(path);
  // Whoever iterates gets the error; whoever does not must not be ended by it.
  begin.catch(() => undefined);
  return linesFrom(world, path, begin, signal);
}

async function* linesFrom(
  world: World,
  path: string,
  begin: Promise<number | undefined>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const decoder = new TextDecoder();
  let offset = (await begin) ?? 0;
  let rest: Uint8Array = new Uint8Array();
  while (!signal.aborted) {
    const size = (await world.fs.size(path)) ?? 0;
    if (size < offset) {
      offset = 0;
      rest = new Uint8Array();
    }
    const bytes = size > offset ? await world.fs.readFrom(path, offset, READ_BYTES) : undefined;
    if (bytes === undefined || bytes.byteLength === 0) {
      await world.clock.sleep(POLL_MS, signal);
      continue;
    }
    offset += bytes.byteLength;
    const [lines, unfinished] = split(join(rest, bytes));
    rest = unfinished;
    for (const line of lines) yield { text: decoder.decode(line).replace(/\r$/, '') };
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.byteLength + b.byteLength);
  all.set(a);
  all.set(b, a.byteLength);
  return all;
}

function split(bytes: Uint8Array): [lines: Uint8Array[], rest: Uint8Array] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  while (bytes.byteLength - start > LINE_BYTES) {
    lines.push(bytes.subarray(start, start + LINE_BYTES));
    start += LINE_BYTES;
  }
  return [lines, bytes.slice(start)];
}
