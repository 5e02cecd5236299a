import { createHash } from 'node:crypto';
import { isJsonObject, visibleJson } from '../core/json.ts';
import { type GamedayEvent, JOURNAL_VERSION, type JournalRecord } from './events.ts';
import { whyNoEvent } from './shapes.ts';

/** `prev` of the first line: the SHA-256 of no bytes at all. */
export const GENESIS = sha256('');

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** One line without its newline, and its hash, which is `prev` of the next line. Fit to be shown on a terminal as it stands. */
export function encode(record: JournalRecord): { readonly line: string; readonly hash: string } {
  const line = visibleJson(JSON.stringify(record));
  return { line, hash: sha256(line) };
}

export function envelop(event: GamedayEvent, seq: number, at: string, t: number, prev: string): JournalRecord {
  return { v: JOURNAL_VERSION, seq, at, t, prev, ...event };
}

/** Why a line is no record. `torn`: no more than the beginning of one, as a writer leaves it that dies in the middle. */
export interface Undecodable {
  readonly problem: string;
  readonly torn?: true;
}

/** A record, or why the line is none: every event has all that it must carry, so that whoever reads on need not ask. */
export function decode(line: string): JournalRecord | Undecodable {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The beginning of an object is never JSON, wherever it was cut off.
    return { problem: 'not JSON', torn: true };
  }
  if (!isJsonObject(value)) return { problem: 'not an object' };
  if (typeof value.v !== 'number' || !Number.isInteger(value.v) || value.v < 1) return { problem: 'no version' };
  if (value.v > JOURNAL_VERSION) return { problem: `version ${value.v} is newer than this program reads` };
  if (typeof value.type !== 'string') return { problem: 'no type' };
  if (typeof value.seq !== 'number' || !Number.isInteger(value.seq)) return { problem: 'no seq' };
  if (typeof value.t !== 'number' || !Number.isFinite(value.t)) return { problem: 't is no number' };
  if (typeof value.at !== 'string' || typeof value.prev !== 'string') return { problem: 'no at or prev' };
  const wrong = whyNoEvent(value.type, value);
  if (wrong !== undefined) return { problem: wrong };
  return value as unknown as JournalRecord;
}
