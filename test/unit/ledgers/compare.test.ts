import { describe, expect, it } from 'vitest';
import type { LedgerEntry, WriteOutcome } from '../../../src/core/ledger.ts';
import { compareEntries } from '../../../src/ledgers/compare.ts';

const entry = (id: number, outcome: WriteOutcome): LedgerEntry => ({ id, startedAt: id, endedAt: id + 0.5, outcome });
const there = (id: number, intact = true) => ({ id, intact });

describe('compareEntries', () => {
  it('finds nothing wrong when everything is there', () => {
    const audit = compareEntries('r', [entry(1, 'acked'), entry(2, 'rejected')], [there(1)], { stale: 0 });
    expect(audit).toEqual({
      replica: 'r',
      acked: 1,
      lost: 0,
      recovered: 0,
      unexpected: 0,
      duplicated: 0,
      corrupted: 0,
      stale: 0,
      lostIds: [],
    });
  });

  it('tells lost, recovered, unexpected, duplicated and corrupted apart', () => {
    const entries = [
      entry(1, 'acked'),
      entry(2, 'indeterminate'),
      entry(3, 'rejected'),
      entry(4, 'acked'),
      entry(5, 'acked'),
    ];
    const found = [there(2), there(3), there(4), there(4), there(5, false), there(99)];
    expect(compareEntries('r', entries, found, { stale: 0 })).toMatchObject({
      acked: 3,
      lost: 1,
      recovered: 1,
      unexpected: 2,
      duplicated: 1,
      corrupted: 1,
      lostIds: [1],
    });
  });

  it('gives no figure for what nobody looked at', () => {
    const found = [there(1), there(1), there(2, false)];
    const of = (unseen: readonly ('duplicated' | 'corrupted')[]) =>
      compareEntries('r', [entry(1, 'acked'), entry(2, 'acked')], found, { stale: null, unseen });
    expect(of([])).toMatchObject({ duplicated: 1, corrupted: 1, stale: null });
    expect(of(['duplicated', 'corrupted'])).toMatchObject({ lost: 0, duplicated: null, corrupted: null });
  });

  it('names the first thousand that were lost, and the last', () => {
    const entries = Array.from({ length: 1_500 }, (_, index) => entry(index + 1, 'acked'));
    const audit = compareEntries('r', entries, [], { stale: null });
    expect(audit.lost).toBe(1_500);
    expect(audit.lostIds).toHaveLength(1_001);
    expect(audit.lostIds.at(-1)).toBe(1_500);
  });
});
