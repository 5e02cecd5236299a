import { encode, envelop } from '../../src/journal/codec.ts';
import type { GamedayEvent, WriterStarted } from '../../src/journal/events.ts';
import { readJournal } from '../../src/journal/reader.ts';

/** A journal as bytes of which one knows where the lines are. */
export interface JournalLines {
  readonly name: string;
  readonly bytes: Buffer;
  /** Offsets at which lines begin, and the end. */
  readonly starts: readonly number[];
}

export function journalLines(name: string, bytes: Uint8Array): JournalLines {
  const buffer = Buffer.from(bytes);
  const starts = [0];
  for (let at = buffer.indexOf(0x0a); at !== -1; at = buffer.indexOf(0x0a, at + 1)) starts.push(at + 1);
  return { name, bytes: buffer, starts };
}

/** Each line with its newline. */
export function linesOf({ bytes, starts }: JournalLines): Buffer[] {
  return starts.slice(0, -1).map((start, index) => bytes.subarray(start, starts[index + 1]));
}

/** The line, from 1, in which a byte stands. */
export function lineAt({ starts }: JournalLines, offset: number): number {
  return starts.filter((start) => start <= offset).length;
}

/** Appends what another writer would write, as it would write it. */
export function goOn(before: Buffer, events: readonly GamedayEvent[]): Buffer {
  const { records, head, tornTail } = readJournal(before);
  const newline = tornTail !== undefined || before.at(-1) !== 0x0a ? '\n' : '';
  let prev = head;
  let seq = (records.at(-1)?.seq ?? -1) + 1;
  const lines = events.map((event) => {
    const sealed: GamedayEvent = event.type === 'session.sealed' ? { ...event, head: prev } : event;
    const { line, hash } = encode(envelop(sealed, seq, '2026-01-01T00:00:00.000Z', 60_000 + seq, prev));
    prev = hash;
    seq += 1;
    return `${line}\n`;
  });
  return Buffer.concat([before, Buffer.from(newline), Buffer.from(lines.join(''))]);
}

/** What the next writer says of what it found. */
export function successor(before: Buffer): WriterStarted {
  const { tornTail } = readJournal(before);
  const torn = tornTail === undefined ? {} : { tornBytes: tornTail.bytes, sha256: tornTail.sha256 };
  return { type: 'writer.started', origin: 'recover', version: '0', pid: 3, host: 'h', bootId: 'b', ...torn };
}

export const SEAL: GamedayEvent = { type: 'session.sealed', head: '' };
export const note = (text: string): GamedayEvent => ({ type: 'note', scenario: null, text });

/** A journal that somebody else than its writer closed. */
export function closedBySuccessor(before: Buffer): Buffer {
  return goOn(before, [successor(before), { type: 'takeover', by: 'recover', reason: 'it died' }, note('x'), SEAL]);
}
