import type { LedgerEntry } from '../core/ledger.ts';
import type { LedgerEntries } from './events.ts';

/** One write as the journal tells of it. */
export interface JournaledEntry extends LedgerEntry {
  /** From its scheduled start to its real one, in ms. Undefined in journals of older versions, which did not say. */
  readonly lateMs: number | undefined;
  /** It ran out of time because gameday itself did not run: nothing follows from it for the service. */
  readonly stoodStill: boolean;
}

/** A write out of its places. No detail stands there as an empty text: JSON has no `undefined` in a list. */
export function entryOf([
  id,
  startedAt,
  endedAt,
  outcome,
  detail,
  lateMs,
  ours,
]: LedgerEntries['items'][number]): JournaledEntry {
  const entry = { id, startedAt, endedAt, outcome, lateMs, stoodStill: ours === 'stood-still' };
  return detail ? { ...entry, detail } : entry;
}

/** A write that says something about the service: not one that gameday itself slept through. */
export function isLook({ stoodStill }: JournaledEntry): boolean {
  return !stoodStill;
}
