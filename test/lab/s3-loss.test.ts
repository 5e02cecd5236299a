import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { s3Ledger } from '../../src/ledgers/s3.ts';
import { keyOf } from '../../src/ledgers/s3-objects.ts';
import { s3Client } from '../../src/probes/s3-client.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { minioProgram, type StoreNode, startStore, untilEach } from '../support/loss-servers.ts';
import { ServerRoom } from '../support/real-servers.ts';
import { writeEntries } from '../support/write-entries.ts';

const world = createWorld();
const never = new AbortController().signal;
const LIMITS = { timeoutMs: 10_000 };
const CHECKS = 'checks';

/** Writes over what a drive holds of an object: its parts where it has some, else the small object inside its metadata. */
async function damage({ drive }: StoreNode, bucket: string, id: number): Promise<void> {
  const folder = join(drive, bucket, keyOf(id));
  const files = await readdir(folder, { recursive: true });
  const parts = files.filter((name) => /part\.\d+$/.test(name));
  for (const name of parts.length > 0 ? parts : ['xl.meta']) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    // The end of it: the object's own bytes, and not the header by which the drive knows what it is.
    bytes.fill(0x5a, Math.floor(bytes.length / 2));
    await writeFile(path, bytes);
  }
}

const noMinio = minioProgram() === undefined;
describe.skipIf(noMinio)(
  `what MinIO has acknowledged and lost${noMinio ? ' (skipped: there is no minio; npm test builds it)' : ''}`,
  () => {
    let room: ServerRoom;
    let nodes: readonly StoreNode[];
    const credentials = { accessKey: 'gameday-test', secretKey: 'a-secret-of-a-test' };
    const client = s3Client(world, credentials);
    const ledgerOf = (namespace: string) =>
      s3Ledger(world, {
        name: 'objects',
        namespace,
        store: client,
        nodes,
        bucketPrefix: 'gameday-',
        intervalMs: 100,
        timeoutMs: 20_000,
      });
    const serving = (bucket: string) =>
      untilEach('a write', nodes, (node) => client.put(node.url, bucket, 'check', Buffer.from('x'), LIMITS));

    /** A node that has just started may not have found the others yet: it refuses a write, or writes to three of four drives. */
    const writesEverywhere = (bucket: string) =>
      untilEach('a write on every drive', nodes, async (node) => {
        const key = `check-${randomUUID()}`;
        await client.put(node.url, bucket, key, Buffer.from('x'), LIMITS);
        for (const { name, drive } of nodes)
          if (!existsSync(join(drive, bucket, key))) throw new Error(`not on the drive of ${name}`);
      });

    beforeAll(async () => {
      room = await ServerRoom.open();
      nodes = await startStore(room, credentials.accessKey, credentials.secretKey);
      await untilEach('a bucket', nodes.slice(0, 1), (node) => client.makeBucket(node.url, CHECKS, LIMITS));
      await writesEverywhere(CHECKS);
    });
    afterAll(() => room.close());

    it('is found when an object that was written with a node missing is damaged on the drives of two others', async () => {
      const ledger = ledgerOf('loss');
      await ledger.open(never);
      const [, , , last] = nodes;
      if (last === undefined) throw new Error('there are four nodes');
      const expectLost = async (entries: readonly LedgerEntry[], lostIds: readonly number[]) => {
        const figures = { lost: lostIds.length, lostIds, corrupted: 0, duplicated: null, stale: null };
        const audits = await ledger.audit(entries, never);
        expect(audits).toMatchObject(nodes.map(({ name }) => ({ replica: name, ...figures })));
      };
      // 4 is one of 100 KiB, which has parts of its own; the others stand inside their metadata.
      const whole = await writeEntries(world.clock, ledger, 1, 5);
      await expectLost(whole, []);
      // All four have it: two good shards are enough.
      for (const node of nodes.slice(0, 2)) await damage(node, ledger.bucket, 4);
      await expectLost(whole, []);

      await last.kill();
      const thin = await writeEntries(world.clock, ledger, 6, 9);
      last.start();
      await serving(ledger.bucket);
      const all = [...whole, ...thin];
      expect(all.map((entry) => entry.outcome)).toEqual(all.map(() => 'acked'));
      // Three have it, or four where the store has healed it by itself: one good shard is left, and not enough.
      const holders = nodes.filter(({ drive }) => existsSync(join(drive, ledger.bucket, keyOf(8))));
      expect(holders.length).toBeGreaterThanOrEqual(3);
      for (const node of holders.slice(1)) await damage(node, ledger.bucket, 8);
      await expectLost(all, [8]);
      await ledger.remove(never);
      expect(await client.buckets(last.url, LIMITS)).toEqual([CHECKS]);
    });
  },
);
