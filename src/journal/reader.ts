import { decode, GENESIS, sha256, type Undecodable } from './codec.ts';
import { JOURNAL_VERSION, type JournalRecord, type RecordOf } from './events.ts';
import { type Place, whyBroken } from './links.ts';

/** A line that cannot be taken as it stands. `line` counts from 1. */
export interface JournalProblem {
  readonly line: number;
  readonly kind: 'unreadable' | 'hash' | 'sequence' | 'seal' | 'torn-tail' | 'crash';
  readonly text: string;
}

export interface JournalContent {
  readonly records: readonly JournalRecord[];
  /** Where the records stand, in the same order. */
  readonly places: readonly Place[];
  /** By line. `crash` (bytes that a dead writer left, for which the next one vouches) is no sign of tampering. */
  readonly problems: readonly JournalProblem[];
  /** Hash of the last readable line; `GENESIS` when there is none. */
  readonly head: string;
  /**
   * Whatever stands behind the last record, for the writer that goes on: it ends these bytes with one more newline and
   * vouches for them in its `writer.started`. Undefined where there is nothing, and where what is there is not what a dead
   * writer leaves behind. A problem `torn-tail` without it: the last record lacks only its newline.
   */
  readonly tornTail: { readonly bytes: number; readonly sha256: string } | undefined;
}

/** Answers on which line, from 1, the record with a number stands: torn lines are no records and shift what follows. */
export function lineNumbers({ records, places }: Pick<JournalContent, 'records' | 'places'>): (seq: number) => number {
  const lines = new Map(records.map((record, index) => [record.seq, places[index]?.line]));
  return (seq) => lines.get(seq) ?? seq + 1;
}

interface RawLine {
  readonly number: number;
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads a journal's bytes. Everything up to the first problem is exact; after one, reading goes on so that a crash in
 * the middle does not hide what came later. Lines are hashed as they stand, not as they would be written again. A record
 * is one as soon as all of it is there, its newline or not: whoever goes on adds what is missing. `keep`: what of a record
 * is held in memory, once it was checked.
 */
export function readJournal(
  bytes: Uint8Array,
  keep: (record: JournalRecord) => JournalRecord = (record) => record,
): JournalContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reading = new Reading(buffer, keep);
  let start = 0;
  for (let number = 1; start < buffer.length; number += 1) {
    const newline = buffer.indexOf(0x0a, start);
    const end = newline === -1 ? buffer.length : newline;
    reading.take({ number, start, bytes: buffer.subarray(start, end) });
    if (newline === -1) return reading.end(number);
    start = end + 1;
  }
  return reading.end(undefined);
}

/** What was read so far. */
class Reading {
  private readonly buffer: Buffer;
  private readonly records: JournalRecord[] = [];
  private readonly places: Place[] = [];
  private readonly problems: JournalProblem[] = [];
  /** Indices of records whose `prev` is not the hash of the record before them. */
  private readonly broken: number[] = [];
  /** Lines since the last record that are none. */
  private unreadable: (Undecodable & RawLine)[] = [];

  private readonly keep: (record: JournalRecord) => JournalRecord;

  constructor(buffer: Buffer, keep: (record: JournalRecord) => JournalRecord) {
    this.buffer = buffer;
    this.keep = keep;
  }

  take(line: RawLine): void {
    const record = decode(Buffer.from(line.bytes).toString('utf8'));
    if ('problem' in record) this.unreadable.push({ ...line, ...record });
    else this.accept(line, record);
  }

  /** `unfinished`: the number of the last line, where its newline is missing. */
  end(unfinished: number | undefined): JournalContent {
    const [first] = this.unreadable;
    const tail = first === undefined ? undefined : this.buffer.subarray(first.start);
    const isTorn = this.unreadable.every((line) => line.torn === true);
    const neverBegan = this.records.length === 0 && this.unreadable.every(isBegunFirst);
    this.unreadable = this.unreadable.filter((line) => line.number !== unfinished);
    if (neverBegan) this.reportNeverBegan();
    this.reportUnreadable();
    if (unfinished !== undefined)
      this.problem(unfinished, 'torn-tail', 'the last line is unfinished: its writer died, or is at work');
    for (const index of this.broken)
      this.problem(this.places[index]?.line ?? 0, 'hash', whyBroken(this.records, this.places, index));
    return {
      records: this.records,
      places: this.places,
      // A broken link says more than a number out of order.
      problems: this.problems.sort((a, b) => a.line - b.line || rank(a) - rank(b)),
      head: this.head,
      tornTail: tail === undefined || !isTorn ? undefined : { bytes: tail.length, sha256: sha256(tail) },
    };
  }

  private get head(): string {
    return this.places.at(-1)?.hash ?? GENESIS;
  }

  private accept(line: RawLine, record: JournalRecord): void {
    if (record.type === 'writer.started' && record.tornBytes !== undefined) this.forgiveTorn(line, record);
    this.reportUnreadable();
    const before = this.records.at(-1);
    const expected = before === undefined ? 0 : before.seq + 1;
    if (record.prev !== this.head) this.broken.push(this.records.length);
    if (record.seq !== expected)
      this.problem(line.number, 'sequence', `number ${record.seq} where ${expected} belongs`);
    if (record.type === 'session.sealed' && record.head !== record.prev)
      this.problem(line.number, 'seal', 'this seal is not about the line before it: it was changed');
    if (before?.type === 'session.sealed' && record.type !== 'writer.started')
      this.problem(line.number, 'seal', 'written after the journal was sealed, and no writer says that it began');
    this.records.push(this.keep(record));
    this.places.push({ line: line.number, hash: sha256(line.bytes) });
  }

  /** What this writer found behind the last record: exactly the bytes before its own line, less the newline that it added. */
  private forgiveTorn(line: RawLine, { tornBytes, sha256: wanted }: RecordOf<'writer.started'>): void {
    const [first] = this.unreadable;
    if (first === undefined) {
      this.problem(line.number, 'unreadable', 'the torn line of which this writer speaks is not there: it was removed');
      return;
    }
    const found = this.buffer.subarray(first.start, line.start - 1);
    if (found.length !== tornBytes || sha256(found) !== wanted) return;
    this.problem(first.number, 'crash', 'a writer died in the middle of this line; the next one says so');
    this.unreadable = [];
  }

  /** One writer after the other died in its first line. What they left is no damage: nothing had been said, so nothing done. */
  private reportNeverBegan(): void {
    for (const { number } of this.unreadable)
      this.problem(number, 'torn-tail', 'a writer died in the middle of what would have been the first line');
    this.unreadable = [];
  }

  private reportUnreadable(): void {
    for (const { number, problem } of this.unreadable) this.problem(number, 'unreadable', problem);
    this.unreadable = [];
  }

  private problem(line: number, kind: JournalProblem['kind'], text: string): void {
    this.problems.push({ line, kind, text });
  }
}

function rank({ kind }: JournalProblem): number {
  return kind === 'hash' ? 0 : 1;
}

const FIRST_LINE = `{"v":${JOURNAL_VERSION},"seq":0,`;

/** No more than the beginning of a journal's first line. */
function isBegunFirst({ torn, bytes }: Undecodable & RawLine): boolean {
  if (torn !== true) return false;
  const text = Buffer.from(bytes).toString('utf8');
  return text.startsWith(FIRST_LINE) || FIRST_LINE.startsWith(text);
}
