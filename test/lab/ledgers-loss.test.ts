import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { amqpLedger } from '../../src/ledgers/amqp.ts';
import { postgresLedger } from '../../src/ledgers/postgres.ts';
import { redisLedger } from '../../src/ledgers/redis.ts';
import { redisCall } from '../../src/probes/redis-call.ts';
import { agreedMaster, nodeAt } from '../../src/probes/sentinel.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { epmd, HOST, rabbitmqServer, startBroker } from '../support/loss-servers.ts';
import { PostgresPair } from '../support/postgres-pair.ts';
import { freePorts, postgresFolder, program, ServerRoom, until } from '../support/real-servers.ts';
import { writeEntries, writeEntry } from '../support/write-entries.ts';

const postgres = postgresFolder();
const redisServer = program('redis-server');
const redisSentinel = program('redis-sentinel');
const world = createWorld();
const { clock } = world;
const never = new AbortController().signal;
/** A broker on a machine that has other things to do. */
const BOOT_MS = 150_000;

let room: ServerRoom;
beforeAll(async () => {
  room = await ServerRoom.open();
});
afterAll(() => room.close());

function acked(entries: readonly LedgerEntry[]): readonly number[] {
  return entries.filter((entry) => entry.outcome === 'acked').map((entry) => entry.id);
}

const noPostgres = postgres === undefined;
describe.skipIf(noPostgres)(
  `what Postgres has acknowledged and lost${noPostgres ? ' (skipped: Postgres is not installed)' : ''}`,
  () => {
    let pair: PostgresPair;
    const ledgerOf = (namespace: string) =>
      postgresLedger(world, {
        name: 'writes',
        namespace: `${namespace}${pair.ports[0]}`,
        hosts: pair.hosts,
        database: 'postgres',
        user: 'postgres',
        intervalMs: 50,
        timeoutMs: 3_000,
      });

    beforeEach(async () => {
      pair = await PostgresPair.open(room, postgres ?? '');
    });
    afterEach(() => pair?.close());

    /** Acknowledged writes, then a standby that receives nothing, then more writes, and the primary dies. */
    async function failover(how: 'sync' | 'async') {
      await pair.replicate(how);
      const receiver = await pair.receiver();
      const ledger = ledgerOf('loss');
      await ledger.open(never);
      const before = await writeEntries(clock, ledger, 1, 20);
      expect(acked(before)).toHaveLength(20);
      await until(
        'the standby has them',
        async () => (await ledger.audit(before, never)).every((audit) => audit.lost === 0) || undefined,
      );
      process.kill(receiver, 'SIGSTOP');
      const during =
        how === 'sync'
          ? await Promise.all([21, 22].map((id) => writeEntry(clock, ledger, id)))
          : await writeEntries(clock, ledger, 21, 35);
      await pair.killPrimary();
      await pair.promote(receiver);
      const after = await writeEntries(clock, ledger, 36, 40);
      expect(acked(after)).toHaveLength(5);
      const [audit] = await ledger.audit([...before, ...during, ...after], never);
      await ledger.remove(never);
      return { audit, lost: acked(during) };
    }

    it('is found with asynchronous replication and a standby that received nothing', async () => {
      const { audit, lost } = await failover('async');
      expect(lost).toHaveLength(15);
      expect(audit).toMatchObject({ replica: 'pg-2', acked: 40, lost: 15, lostIds: lost, corrupted: 0, stale: 0 });
    });

    it('is nothing with synchronous replication: what the standby has not is not acknowledged', async () => {
      const { audit, lost } = await failover('sync');
      expect(lost).toEqual([]);
      expect(audit).toMatchObject({ acked: 25, lost: 0, duplicated: 0, unexpected: 0, corrupted: 0, stale: 0 });
    });

    it('and rows that were changed or doubled behind its back are found too', async () => {
      const ledger = ledgerOf('damage');
      await ledger.open(never);
      const entries = await writeEntries(clock, ledger, 1, 10);
      const table = `gameday_damage${pair.ports[0]}.entries`;
      await pair.ask(0, `update ${table} set content = 'something else' where id = 3`);
      await pair.ask(0, `insert into ${table} select * from ${table} where id = 4`);
      await pair.ask(0, `delete from ${table} where id = 5`);
      expect(await ledger.audit(entries, never)).toMatchObject([
        { replica: 'pg-1', lost: 1, lostIds: [5], corrupted: 1, duplicated: 1, stale: 0 },
        { replica: 'pg-2', lost: 1, lostIds: [5], corrupted: 1, duplicated: 1, stale: null },
      ]);
      await ledger.remove(never);
      expect(await pair.ask(0, "select 1 from pg_namespace where nspname like 'gameday%'")).toEqual([]);
    });
  },
);

const noRedis = redisServer === undefined || redisSentinel === undefined;
describe.skipIf(noRedis)(
  `what Redis has acknowledged and lost${noRedis ? ' (skipped: redis-server or redis-sentinel is not installed)' : ''}`,
  () => {
    it('is found when a master that stood still goes on after a failover', async () => {
      const ports = await freePorts(3);
      const common = ['--bind', HOST, '--save', ''];
      const nodes = [1, 2].map((n) => ({ name: `redis-${n}`, host: HOST, port: ports[n - 1] ?? 0 }));
      const sentinel = { node: 'redis-1', host: HOST, port: ports[2] ?? 0, masterName: 'main', nodes };
      const call = async (port: number | undefined, ...command: string[]) =>
        String((await redisCall(world.net, { host: HOST, port: port ?? 0 }, [command], 1_000))[0]);
      const named = async () => nodeAt(await agreedMaster(world, [sentinel], 1_000, never), nodes);

      const master = room.start(redisServer ?? '', ['--port', String(ports[0]), ...common]);
      room.start(redisServer ?? '', ['--port', String(ports[1]), ...common, '--replicaof', `${HOST} ${ports[0]}`]);
      await until(
        'the replica is online',
        async () => (await call(ports[0], 'INFO', 'replication')).includes('state=online') || undefined,
      );
      const place = join(room.folder, 'loss-sentinel');
      await mkdir(place);
      const lines = [
        `port ${ports[2]}`,
        `bind ${HOST}`,
        `sentinel monitor main ${HOST} ${ports[0]} 1`,
        'sentinel down-after-milliseconds main 2000',
      ];
      await writeFile(join(place, 'sentinel.conf'), `${lines.join('\n')}\n`);
      room.start(redisSentinel ?? '', [join(place, 'sentinel.conf')], { cwd: place });
      await until('the sentinel knows the replica', async () => {
        const answer = await redisCall(world.net, sentinel, [['SENTINEL', 'REPLICAS', 'main']], 1_000);
        return JSON.stringify(answer).includes(String(ports[1])) || undefined;
      });

      const ledger = redisLedger(world, {
        name: 'writes',
        namespace: 'loss',
        nodes,
        intervalMs: 50,
        // Longer than the failover: a client that waits for its answer gets one, and it is worth nothing.
        timeoutMs: 60_000,
        agreedMaster: async () => {
          const name = await named();
          const node = nodes.find((one) => one.name === name);
          if (node === undefined) throw new Error(`${name} is no node`);
          return node;
        },
        call: (node, commands, timeoutMs, signal) => redisCall(world.net, node, commands, timeoutMs, signal),
      });
      await ledger.open(never);
      const before = await writeEntries(clock, ledger, 1, 10);
      expect(acked(before)).toHaveLength(10);
      // None where there is none.
      expect(await ledger.audit(before, never)).toMatchObject([
        { replica: 'redis-1', lost: 0, duplicated: 0, corrupted: 0, unexpected: 0, stale: 0 },
        { replica: 'redis-2', lost: 0, duplicated: 0, corrupted: 0, unexpected: 0, stale: null },
      ]);

      master.signal('SIGSTOP');
      const hanging = [11, 12, 13, 14, 15].map((id) => writeEntry(clock, ledger, id));
      await until('the sentinel names the other one', async () => (await named()) === 'redis-2' || undefined);
      master.signal('SIGCONT');
      const during = await Promise.all(hanging);
      const lost = acked(during);
      expect(lost.length).toBeGreaterThan(0);
      const after = await writeEntries(clock, ledger, 16, 20);
      expect(acked(after)).toHaveLength(5);
      await until(
        'the old master is a replica of the new one',
        async () => (await call(ports[1], 'INFO', 'replication')).includes('state=online') || undefined,
      );
      const audits = await ledger.audit([...before, ...during, ...after], never);
      const found = { acked: 15 + lost.length, lost: lost.length, lostIds: [...lost] };
      expect(audits).toMatchObject([
        { replica: 'redis-2', ...found },
        { replica: 'redis-1', ...found },
      ]);
      await ledger.remove(never);
      expect(await call(ports[1], 'DBSIZE')).toBe('0');
    });
  },
);

const noBroker = rabbitmqServer === undefined || epmd === undefined;
describe.skipIf(noBroker)(
  `what RabbitMQ has confirmed and lost${noBroker ? ' (skipped: rabbitmq-server or epmd is not installed)' : ''}`,
  () => {
    it('is found with transient messages, and is nothing with persistent ones', { timeout: 3 * BOOT_MS }, async () => {
      const broker = await startBroker(room);
      const ledgerOf = (persistent: boolean) =>
        amqpLedger(world, {
          name: 'messages',
          namespace: persistent ? 'persistent' : 'transient',
          node: 'rabbitmq',
          host: HOST,
          vhost: '/',
          intervalMs: 50,
          timeoutMs: 5_000,
          persistent,
          port: broker.port,
          user: broker.user,
          password: broker.password,
        });
      const [kept, transient] = [ledgerOf(true), ledgerOf(false)];
      for (const ledger of [kept, transient])
        await until('the broker takes a queue', () => ledger.open(never).then(() => true), BOOT_MS);
      const promised = await writeEntries(clock, kept, 1, 20);
      const unsafe = await writeEntries(clock, transient, 1, 20);
      expect([acked(promised), acked(unsafe)]).toMatchObject([{ length: 20 }, { length: 20 }]);
      // None where there is none.
      expect(await transient.audit(unsafe, never)).toMatchObject([
        { lost: 0, duplicated: 0, corrupted: 0, stale: null },
      ]);

      await broker.restart();
      const read = (ledger: typeof kept, entries: readonly LedgerEntry[]) =>
        until('the queue can be read again', () => ledger.audit(entries, never), BOOT_MS);
      expect(await read(kept, promised)).toMatchObject([{ acked: 20, lost: 0, duplicated: 0, corrupted: 0 }]);
      expect(await read(transient, unsafe)).toMatchObject([{ acked: 20, lost: 20, lostIds: acked(unsafe) }]);
      for (const ledger of [kept, transient]) await ledger.remove(never);
      // A queue that is gone has taken everything along.
      expect(await kept.audit(promised, never)).toMatchObject([{ acked: 20, lost: 20 }]);
    });
  },
);
