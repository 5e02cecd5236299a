import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger.ts';
import { failedWrite, idOf, redisLedger } from '../../../src/ledgers/redis.ts';
import { countStale } from '../../../src/ledgers/stale.ts';
import { HttpFailure } from '../../../src/world/world.ts';
import { SimWorld } from '../../support/sim-world.ts';

const acked = (id: number): LedgerEntry => ({ id, startedAt: id * 10, endedAt: id * 10 + 5, outcome: 'acked' });
const entries = [1, 2, 3, 4, 5].map(acked);

describe('countStale', () => {
  it('is 0 when each write saw the one before', () => {
    const seen = entries.map(({ id }) => ({ id, last: id - 1 }));
    expect(countStale(entries, seen, [1, 2, 3, 4, 5])).toBe(0);
  });

  it('counts a write whose node did not have an earlier one yet', () => {
    expect(countStale(entries, [{ id: 5, last: 2 }], [1, 2, 3, 4, 5])).toBe(1);
    expect(countStale(entries, [{ id: 5, last: 0 }], [1, 2, 3, 4, 5])).toBe(1);
  });

  it('leaves what a failover lost to the count of lost writes', () => {
    const seen = [
      { id: 3, last: 2 },
      { id: 4, last: 1 },
      { id: 5, last: 4 },
    ];
    expect(countStale(entries, seen, [1, 4, 5])).toBe(0);
  });

  it('counts a look at an old master that still shows what was lost', () => {
    expect(countStale(entries, [{ id: 5, last: 2 }], [1, 3, 4, 5])).toBe(1);
  });

  it('does not mind writes that overlap and land out of order', () => {
    const overlapping: LedgerEntry[] = [
      { id: 1, startedAt: 0, endedAt: 20, outcome: 'acked' },
      { id: 2, startedAt: 1, endedAt: 10, outcome: 'acked' },
      { id: 3, startedAt: 15, endedAt: 25, outcome: 'acked' },
    ];
    const seen = [
      { id: 2, last: 0 },
      { id: 1, last: 2 },
      { id: 3, last: 2 },
    ];
    expect(countStale(overlapping, seen, [2, 3, 1])).toBe(0);
  });
});

describe('failedWrite', () => {
  it('is sure only of a connection that was never made', () => {
    expect(failedWrite(new HttpFailure('refused', 'x'), 'redis-1').outcome).toBe('rejected');
    for (const kind of ['reset', 'timeout', 'protocol'] as const) {
      expect(failedWrite(new HttpFailure(kind, 'x'), 'redis-1').outcome).toBe('indeterminate');
    }
  });
});

describe('redisLedger', () => {
  type Replies = Awaited<ReturnType<Parameters<typeof redisLedger>[1]['call']>>;
  const write = async (replies: Replies) => {
    const node = { name: 'redis-1', host: 'h', port: 1 };
    const ledger = redisLedger(new SimWorld(), {
      name: 'writes',
      namespace: 'ab',
      nodes: [node],
      agreedMaster: async () => node,
      call: async () => replies,
      intervalMs: 50,
      timeoutMs: 1_000,
    });
    return ledger.write(1, new AbortController().signal);
  };

  it('takes the length that RPUSH answers for an acknowledgement, from a master only', async () => {
    expect(await write([['master', 1, []], null, 1])).toEqual({ outcome: 'acked', detail: 'redis-1' });
    expect(await write([['slave', 'h', 1, 'connected', 1], null, 1])).toMatchObject({ outcome: 'indeterminate' });
  });

  it('takes an error for a refusal, and nonsense for nothing at all', async () => {
    expect(await write([['slave'], null, { error: 'READONLY You can not' }])).toMatchObject({ outcome: 'rejected' });
    expect(await write([['master', 1, []], null, 'QUEUED'])).toMatchObject({ outcome: 'indeterminate' });
  });

  it('reads ids', () => {
    expect([idOf('12:ab'), idOf('x'), idOf(''), idOf('-1:ab')]).toEqual([12, 0, 0, 0]);
  });
});
