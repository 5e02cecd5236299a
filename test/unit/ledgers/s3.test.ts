import { describe, expect, it } from 'vitest';
import type { LedgerEntry, WriteOutcome } from '../../../src/core/ledger.ts';
import { type ObjectStore, s3Ledger } from '../../../src/ledgers/s3.ts';
import { bodyOf, sizeOf } from '../../../src/ledgers/s3-objects.ts';
import { S3Error } from '../../../src/probes/s3-client.ts';
import { HttpFailure } from '../../../src/world/world.ts';
import { SimWorld } from '../../support/sim-world.ts';

const signal = new AbortController().signal;
const NODES = ['one', 'two'].map((name) => ({ name, url: `http://${name}` }));

/** Objects by key, and what a node does instead of serving. */
function fakeStore() {
  const objects = new Map<string, Uint8Array>();
  const trouble = new Map<string, Error>();
  const at = (node: string) => {
    const error = trouble.get(node);
    if (error !== undefined) throw error;
  };
  const store: ObjectStore = {
    async put(node, _bucket, key, body) {
      at(node);
      objects.set(key, body);
    },
    async get(node, _bucket, key) {
      at(node);
      const body = objects.get(key);
      if (body === undefined) throw new S3Error('GET', 404, 'NoSuchKey');
      return body;
    },
    async remove(node, _bucket, key) {
      at(node);
      objects.delete(key);
    },
    async list(node) {
      at(node);
      return [...objects.keys()];
    },
    async makeBucket(node) {
      at(node);
    },
    async removeBucket(node) {
      at(node);
      if (objects.size > 0) throw new S3Error('DELETE', 409, 'BucketNotEmpty');
    },
  };
  const world = new SimWorld();
  const ledger = s3Ledger(world, {
    name: 'objects',
    namespace: 'ab12',
    store,
    nodes: NODES,
    bucketPrefix: 'gameday-',
    intervalMs: 100,
    timeoutMs: 2_000,
  });
  return { world, objects, trouble, ledger };
}

const entry = (id: number, outcome: WriteOutcome): LedgerEntry => ({ id, startedAt: id, endedAt: id, outcome });
const refused = () => new HttpFailure('refused', 'no');

describe('s3Ledger', () => {
  it('seeds objects of every size for the readers, once it is open', async () => {
    const { ledger, objects } = fakeStore();
    expect(ledger.seeds()).toEqual([]);
    await ledger.open(signal);
    expect([...new Set(ledger.seeds().map((seed) => seed.bytes))]).toEqual([1_024, 102_400, 1_048_576, 10_485_760]);
    expect(objects.size).toBe(ledger.seeds().length);
    expect(ledger.bucket).toBe('gameday-ab12');
  });

  it('goes on to the next node after a refusal, and after nothing else', async () => {
    const { ledger, trouble } = fakeStore();
    for (const error of [refused(), new S3Error('PUT', 503, 'SlowDownWrite')]) {
      trouble.set('http://one', error);
      expect(await ledger.write(2, signal)).toEqual({ outcome: 'acked', detail: 'two' });
    }
    trouble.set('http://one', new HttpFailure('reset', 'hung up'));
    expect(await ledger.write(2, signal)).toEqual({ outcome: 'indeterminate', detail: 'one: reset' });
  });

  it('never calls a write rejected that a 5xx may have stored', async () => {
    const { ledger, trouble } = fakeStore();
    trouble.set('http://one', new S3Error('PUT', 503, 'SlowDownWrite'));
    trouble.set('http://two', new S3Error('PUT', 403, 'AccessDenied'));
    expect((await ledger.write(2, signal)).outcome).toBe('indeterminate');
    expect((await ledger.write(1, signal)).outcome).toBe('rejected');
  });

  it('tells refused, rejected, indeterminate and hanging writes apart', async () => {
    const { ledger, trouble } = fakeStore();
    const both = (error: Error) => {
      for (const { url } of NODES) trouble.set(url, error);
    };
    both(refused());
    expect((await ledger.write(1, signal)).outcome).toBe('rejected');
    both(new S3Error('PUT /b/k', 503, 'SlowDownWrite'));
    expect(await ledger.write(2, signal)).toEqual({
      outcome: 'indeterminate',
      detail: 'one: 503 SlowDownWrite, two: 503 SlowDownWrite',
    });
    both(new S3Error('PUT /b/k', 403, 'AccessDenied'));
    expect((await ledger.write(3, signal)).outcome).toBe('rejected');
    expect(ledger.hanging()).toBe(0);
    both(new HttpFailure('timeout', 'late'));
    expect(await ledger.write(4, signal)).toEqual({ outcome: 'indeterminate', detail: 'one: no answer in 2000ms' });
    expect(ledger.hanging()).toBe(1);
    expect([...ledger.failures()]).toEqual([
      ['refused', 1],
      ['503 SlowDownWrite', 1],
      ['403 AccessDenied', 1],
      ['no answer in 2000ms', 1],
    ]);
  });

  it('finds what was lost, damaged, late or never promised', async () => {
    const { ledger, objects } = fakeStore();
    for (const id of [1, 2, 3, 4, 5]) await ledger.write(id, signal);
    objects.delete('w/1');
    objects.set('w/2', Buffer.from('other'));
    const [audit] = await ledger.audit(
      [
        entry(1, 'acked'),
        entry(2, 'acked'),
        entry(3, 'acked'),
        entry(4, 'indeterminate'),
        entry(5, 'rejected'),
        entry(6, 'indeterminate'),
      ],
      signal,
    );
    expect(audit).toMatchObject({ acked: 3, lost: 1, lostIds: [1], corrupted: 1, recovered: 1, unexpected: 1 });
  });

  it('audits the seeds as well: the largest objects were acknowledged too', async () => {
    const { ledger, objects } = fakeStore();
    await ledger.open(signal);
    await ledger.write(1, signal);
    const seeds = ledger.seeds().length;
    objects.delete('seed/0');
    objects.set(`seed/${seeds - 1}`, Buffer.from('other'));
    const [audit] = await ledger.audit([entry(1, 'acked')], signal);
    expect(audit).toMatchObject({ acked: 1 + seeds, seeds, lost: 1, corrupted: 1, lostIds: [] });
  });

  it('reads through every node: what one of them cannot give is lost to its clients', async () => {
    const { world, ledger, trouble, objects } = fakeStore();
    await ledger.write(1, signal);
    const audits = () => world.run(() => ledger.audit([entry(1, 'acked')], signal));
    expect(await audits()).toMatchObject([
      { replica: 'one', lost: 0, duplicated: null, stale: null },
      { replica: 'two', lost: 0, duplicated: null, stale: null },
    ]);
    trouble.set('http://two', new S3Error('GET', 503, 'SlowDownRead'));
    expect(await audits()).toMatchObject([{ lost: 0 }, { lost: 1, lostIds: [1] }]);
    // Refused for a moment is not lost.
    void world.clock.sleep(700).then(() => trouble.clear());
    expect(await audits()).toMatchObject([{ lost: 0 }, { lost: 0 }]);
    objects.set('w/1', Buffer.from('other'));
    expect(await audits()).toMatchObject([{ corrupted: 1 }, { corrupted: 1 }]);
  });

  it('gives no audit where a node does not answer, or does not know us', async () => {
    const { world, ledger, trouble } = fakeStore();
    await ledger.write(1, signal);
    for (const error of [refused(), new S3Error('GET', 403, 'AccessDenied')]) {
      trouble.set('http://two', error);
      await expect(world.run(() => ledger.audit([entry(1, 'acked')], signal))).rejects.toThrow(/two: /);
    }
  });

  it('leaves nothing behind', async () => {
    const { ledger, objects } = fakeStore();
    await ledger.remove(signal);
    await ledger.open(signal);
    await ledger.write(1, signal);
    await ledger.remove(signal);
    expect(objects.size).toBe(0);
  });

  it('removes what another process with the same namespace has left, and minds no bucket that is gone', async () => {
    const { ledger, trouble } = fakeStore();
    for (const { url } of NODES) trouble.set(url, new S3Error('GET /b', 404, 'NoSuchBucket'));
    await ledger.remove(signal);
  });
});

describe('bodies', () => {
  it('can be made again, are all different, and mostly small', () => {
    expect(bodyOf('b/w/1', 1_024)).toEqual(bodyOf('b/w/1', 1_024));
    expect(bodyOf('b/w/1', 1_024)).not.toEqual(bodyOf('b/w/2', 1_024));
    const sizes = Array.from({ length: 400 }, (_, index) => sizeOf(index + 1));
    expect(sizes.filter((size) => size === 1_024).length).toBe(300);
    expect(sizes.filter((size) => size > 1_000_000).length).toBe(10);
  });
});
