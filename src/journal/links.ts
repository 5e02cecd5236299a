import { GENESIS } from './codec.ts';
import type { JournalRecord } from './events.ts';

/** Where a record stands in its journal. */
export interface Place {
  /** Counts from 1. */
  readonly line: number;
  /** SHA-256 of its bytes without the newline. */
  readonly hash: string;
}

/**
 * Why a record does not follow from the one before it, as far as the hashes tell. A changed line shows only in the line
 * that follows it, so the text names both.
 */
export function whyBroken(records: readonly JournalRecord[], places: readonly Place[], index: number): string {
  const record = records[index];
  const [before, own] = [places[index - 1], places[index]];
  if (record === undefined || own === undefined) return 'it is not there';
  const wanted = places.find((place) => place.hash === record.prev);
  if (before === undefined)
    return 'is not the first line that was written: lines before it were removed, or it was changed or moved';
  if (wanted !== undefined && wanted.line < before.line)
    return `follows line ${wanted.line}: what stands between them was inserted, or changed so that it reads well, or moved there`;
  if (wanted !== undefined) return `follows line ${wanted.line}, which stands below it: lines were moved`;
  if (record.prev === GENESIS) return 'is the first line of a journal, and stands in the middle of this one';
  if (record.seq > (records[index - 1]?.seq ?? 0) + 1)
    return `does not follow from line ${before.line}: lines between them were removed, or one of the two was changed`;
  return `does not follow from line ${before.line}: that line was changed after it was written, or this one was, or lines were moved`;
}
