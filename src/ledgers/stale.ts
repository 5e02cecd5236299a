import type { LedgerEntry } from '../core/ledger.ts';

/** The highest id that was there just before an acknowledged write, as the node that acknowledged it answered. */
export interface SeenBefore {
  readonly id: number;
  readonly last: number;
}

/**
 * Stale reads: acknowledged writes whose node showed an end of the list that an earlier acknowledged write, which is
 * still there now, had already passed. What a failover lost is counted as lost, not as stale. Pure.
 * `order` is the list as the master holds it now: it says which write came after which.
 */
export function countStale(
  entries: readonly LedgerEntry[],
  seen: readonly SeenBefore[],
  order: readonly number[],
): number {
  const position = new Map(order.map((id, index) => [id, index]));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const kept = entries
    .flatMap((entry) => {
      const place = position.get(entry.id);
      return entry.outcome === 'acked' && place !== undefined ? [{ ...entry, place }] : [];
    })
    .sort((a, b) => a.endedAt - b.endedAt);
  const looks = seen
    .flatMap(({ id, last }) => {
      const entry = byId.get(id);
      return entry?.outcome === 'acked' ? [{ startedAt: entry.startedAt, last }] : [];
    })
    .sort((a, b) => a.startedAt - b.startedAt);
  let stale = 0;
  let next = 0;
  let furthest = -1;
  let latestStart = Number.NEGATIVE_INFINITY;
  for (const { startedAt, last } of looks) {
    for (let entry = kept[next]; entry !== undefined && entry.endedAt < startedAt; entry = kept[next]) {
      furthest = Math.max(furthest, entry.place);
      latestStart = Math.max(latestStart, entry.startedAt);
      next += 1;
    }
    const place = last === 0 ? -1 : position.get(last);
    const lostEnd = byId.get(last)?.endedAt ?? Number.POSITIVE_INFINITY;
    // An end that was lost has no place any more; it is old news only when something that is kept began after it.
    if (place === undefined ? latestStart > lostEnd : place < furthest) stale += 1;
  }
  return stale;
}
