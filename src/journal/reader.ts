import { decode, GENESIS, sha256 } from './codec.ts';
import type { JournalRecord } from './events.ts';

/** A line that cannot be taken as it stands. `line` counts from 1. */
export interface JournalProblem {
  readonly line: number;
  readonly kind: 'unreadable' | 'hash' | 'sequence' | 'torn-tail' | 'crash';
  readonly text: string;
}

export interface JournalContent {
  readonly records: readonly JournalRecord[];
  /** In order. `crash` (a torn line followed by a new writer) is no sign of tampering. */
  readonly problems: readonly JournalProblem[];
  /** Hash of the last readable line; `GENESIS` when there is none. */
  readonly head: string;
  /** Bytes of an unfinished last line, for the writer that goes on. */
  readonly tornTail: { readonly bytes: number; readonly sha256: string } | undefined;
}

/**
 * Reads a journal's bytes. Everything up to the first problem is exact; after one, reading goes on so that a crash in
 * the middle does not hide what came later. Lines are hashed as they stand, not as they would be written again.
 */
export function readJournal(bytes: Uint8Array): JournalContent {
  const records: JournalRecord[] = [];
  const problems: JournalProblem[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let head = GENESIS;
  let expected = 0;
  let pending: { readonly line: number; readonly text: string; readonly raw: Uint8Array } | undefined;
  let start = 0;
  let lineNumber = 0;
  while (start < buffer.length) {
    lineNumber += 1;
    const newline = buffer.indexOf(0x0a, start);
    if (newline === -1) {
      const tail = buffer.subarray(start);
      if (pending !== undefined) problems.push({ line: pending.line, kind: 'unreadable', text: pending.text });
      problems.push({
        line: lineNumber,
        kind: 'torn-tail',
        text: `the last line is unfinished (${tail.length} bytes)`,
      });
      return { records, problems, head, tornTail: { bytes: tail.length, sha256: sha256(tail) } };
    }
    const raw = buffer.subarray(start, newline);
    start = newline + 1;
    const record = decode(raw.toString('utf8'));
    if ('problem' in record) {
      if (pending !== undefined) problems.push({ line: pending.line, kind: 'unreadable', text: pending.text });
      pending = { line: lineNumber, text: record.problem, raw };
      continue;
    }
    if (pending !== undefined) {
      const vouched =
        record.type === 'writer.started' &&
        record.tornBytes === pending.raw.length &&
        record.sha256 === sha256(pending.raw);
      problems.push(
        vouched
          ? {
              line: pending.line,
              kind: 'crash',
              text: 'a writer died in the middle of this line; the next one says so',
            }
          : { line: pending.line, kind: 'unreadable', text: pending.text },
      );
      pending = undefined;
    }
    if (record.prev !== head)
      problems.push({
        line: lineNumber,
        kind: 'hash',
        text: 'does not follow from the line before: changed, inserted or removed',
      });
    if (record.seq !== expected)
      problems.push({ line: lineNumber, kind: 'sequence', text: `number ${record.seq} where ${expected} belongs` });
    expected = record.seq + 1;
    head = sha256(raw);
    records.push(record);
  }
  if (pending !== undefined) problems.push({ line: pending.line, kind: 'unreadable', text: pending.text });
  return { records, problems, head, tornTail: undefined };
}
