import type { LedgerEntry } from '../core/ledger.ts';
import type { LedgerEntries } from './events.ts';

/** One write as the journal tells of it. */
export interface JournaledEntry extends LedgerEntry {
  /** From its scheduled start to its real one, in ms. Undefined in journals of older versions, which did not say. */
  readonly lateMs: number | undefined;
}

/** A write out of its places. No detail stands there as an empty text: JSON has no `undefined` in a list. */
export function entryOf([
  id,
  startedAt,
  endedAt,
  outcome,
  detail,
  lateMs,
]: LedgerEntries['items'][number]): JournaledEntry {
  const entry = { id, startedAt, endedAt, outcome, lateMs };
  return detail ? { ...entry, detail } : entry;
}
