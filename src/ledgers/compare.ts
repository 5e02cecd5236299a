import type { Audit, Counted, LedgerEntry } from '../core/ledger.ts';

/** One copy of an entry that a replica holds. */
export interface Found {
  readonly id: number;
  /** False when the content is not what was written. */
  readonly intact: boolean;
}

/** What of an audit a ledger has counted itself, or cannot look at. */
export interface Looked {
  readonly stale: Counted;
  /** Figures for which this replica gives no evidence. */
  readonly unseen?: readonly ('duplicated' | 'corrupted')[];
}

const MAX_LOST_IDS = 1_000;

/**
 * What a replica holds against what was promised. Pure. An entry whose every copy is damaged is corrupted and not lost:
 * it is there, yet nobody can use it. A copy of an id that was never written counts as unexpected.
 */
export function compareEntries(
  replica: string,
  entries: readonly LedgerEntry[],
  found: Iterable<Found>,
  { stale, unseen = [] }: Looked,
): Audit {
  const copies = new Map<number, { count: number; intact: number }>();
  for (const { id, intact } of found) {
    const copy = copies.get(id) ?? { count: 0, intact: 0 };
    copy.count += 1;
    if (intact) copy.intact += 1;
    copies.set(id, copy);
  }
  const audit = { acked: 0, lost: 0, recovered: 0, unexpected: 0, duplicated: 0, corrupted: 0 };
  const lostIds: number[] = [];
  let lastLost: number | undefined;
  for (const entry of entries) {
    const copy = copies.get(entry.id);
    copies.delete(entry.id);
    if (entry.outcome === 'acked') audit.acked += 1;
    if (copy === undefined) {
      if (entry.outcome !== 'acked') continue;
      audit.lost += 1;
      if (lostIds.length < MAX_LOST_IDS) lostIds.push(entry.id);
      else lastLost = entry.id;
      continue;
    }
    if (entry.outcome === 'indeterminate') audit.recovered += 1;
    if (entry.outcome === 'rejected') audit.unexpected += 1;
    if (copy.count > 1) audit.duplicated += 1;
    if (copy.intact < copy.count) audit.corrupted += 1;
  }
  return {
    replica,
    ...audit,
    unexpected: audit.unexpected + copies.size,
    duplicated: unseen.includes('duplicated') ? null : audit.duplicated,
    corrupted: unseen.includes('corrupted') ? null : audit.corrupted,
    stale,
    // The last one too: with the first it tells the time in which they fell.
    lostIds: lastLost === undefined ? lostIds : [...lostIds, lastLost],
  };
}
