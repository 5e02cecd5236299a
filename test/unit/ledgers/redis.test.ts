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

  describe('reads back', () => {
    const nodes = [1, 2].map((n) => ({ name: `redis-${n}`, host: 'h', port: n }));
    const items = ['1:ab', '2:ab', '3:ab', '4:ab', '5:ab'];
    const audit = async (replica: {
      readonly link: string;
      readonly bytes: (ms: number) => number;
      readonly has: number;
    }) => {
      const world = new SimWorld();
      const startedAt = world.clock.now();
      const ledger = redisLedger(world, {
        name: 'writes',
        namespace: 'ab',
        nodes,
        agreedMaster: async () => nodes[0] ?? { name: '', host: '', port: 0 },
        call: async ({ port }, [command]) => {
          if (command?.[0] === 'LRANGE') return [port === 1 ? items : items.slice(0, replica.has)];
          const bytes = replica.bytes(world.clock.now() - startedAt);
          return [port === 1 ? ['master', 900, []] : ['slave', 'h', 1, replica.link, bytes]];
        },
        intervalMs: 50,
        timeoutMs: 1_000,
      });
      return world.run(() => ledger.audit(entries, new AbortController().signal));
    };

    it('a replica that has caught up, and tells what it lacks all the same', async () => {
      const late = (ms: number) => (ms < 2_000 ? 500 : 950);
      expect(await audit({ link: 'connected', bytes: late, has: 5 })).toMatchObject([{ lost: 0 }, { lost: 0 }]);
      expect(await audit({ link: 'connected', bytes: late, has: 3 })).toMatchObject([{ lost: 0 }, { lost: 2 }]);
    });

    it('none that still lags or is cut off: what it lacks is not lost', async () => {
      await expect(audit({ link: 'connected', bytes: () => 500, has: 3 })).rejects.toThrow(
        'redis-2 has not caught up within 15s (it has 500 of 900 bytes of the stream), and what it lacks may still come',
      );
      await expect(audit({ link: 'connecting', bytes: () => -1, has: 3 })).rejects.toThrow(
        'its link to the master is connecting',
      );
    });
  });
});
