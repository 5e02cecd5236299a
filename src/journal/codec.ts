import { createHash } from 'node:crypto';
import { isJsonObject } from '../core/json.ts';
import { type GamedayEvent, JOURNAL_VERSION, type JournalRecord } from './events.ts';

/** `prev` of the first line: the SHA-256 of no bytes at all. */
export const GENESIS = sha256('');

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** One line without its newline, and its hash, which is `prev` of the next line. */
export function encode(record: JournalRecord): { readonly line: string; readonly hash: string } {
  const line = JSON.stringify(record);
  return { line, hash: sha256(line) };
}

export function envelop(event: GamedayEvent, seq: number, at: string, t: number, prev: string): JournalRecord {
  return { v: JOURNAL_VERSION, seq, at, t, prev, ...event };
}

/** A record, or why the line is none. Only the envelope is checked: the hash chain vouches for the rest. */
export function decode(line: string): JournalRecord | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'not JSON' };
  }
  if (!isJsonObject(value)) return { problem: 'not an object' };
  if (typeof value.v !== 'number' || value.v > JOURNAL_VERSION)
    return { problem: `version ${String(value.v)} is newer than this program reads` };
  if (typeof value.type !== 'string') return { problem: 'no type' };
  if (typeof value.seq !== 'number' || !Number.isInteger(value.seq)) return { problem: 'no seq' };
  if (typeof value.t !== 'number' || !Number.isFinite(value.t)) return { problem: 't is no number' };
  if (typeof value.at !== 'string' || typeof value.prev !== 'string') return { problem: 'no at or prev' };
  return value as unknown as JournalRecord;
}
