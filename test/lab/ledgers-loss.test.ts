import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { amqpLedger } from '../../src/ledgers/amqp.ts';
import { postgresLedger } from '../../src/ledgers/postgres.ts';
import { redisLedger } from '../../src/ledgers/redis.ts';
import { redisCall } from '../../src/probes/redis-call.ts';
import { agreedMaster, nodeAt } from '../../src/probes/sentinel.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { asPostgres, epmd, HOST, rabbitmqServer, runAsPostgres, startBroker } from '../support/loss-servers.ts';
import { freePorts, postgresFolder, program, type Server, ServerRoom, until } from '../support/real-servers.ts';
import { writeEntries, writeEntry } from '../support/write-entries.ts';

const postgres = postgresFolder();
const redisServer = program('redis-server');
const redisSentinel = program('redis-sentinel');
const world = createWorld();
const { clock } = world;
const never = new AbortController().signal;

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
    const bin = (name: string): string => join(postgres ?? '', name);
    let ports: number[];
    let folders: string[];
    let servers: Server[];
    let standby: pg.Client;

    const start = (index: number): Server => {
      const at = ['-D', folders[index] ?? '', '-p', String(ports[index]), '-h', HOST, '-k', ''];
      const [file, args] = asPostgres(bin('postgres'), ...at);
      return room.start(file, args, { cwd: '/' });
    };
    const connect = async (index: number): Promise<pg.Client> => {
      const client = new pg.Client({ host: HOST, port: ports[index], user: 'postgres', database: 'postgres' });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    const receiver = () =>
      until('the standby streams', async () => {
        const { rows } = await standby.query("select pid from pg_stat_wal_receiver where status = 'streaming'");
        return rows[0]?.pid as number | undefined;
      });

    beforeEach(async () => {
      ports = await freePorts(2);
      const place = join(room.folder, `pg-${ports[0]}`);
      folders = [join(place, 'one'), join(place, 'two')];
      await mkdir(place);
      if (process.getuid?.() === 0) execFileSync('chown', ['postgres', room.folder, place]);
      runAsPostgres(bin('initdb'), '-D', folders[0] ?? '', '-A', 'trust', '-U', 'postgres', '-N');
      servers = [start(0)];
      await until('the primary answers', () => connect(0).then((client) => client.end().then(() => true)));
      const copy = ['-D', folders[1] ?? '', '-h', HOST, '-p', String(ports[0]), '-U', 'postgres'];
      runAsPostgres(bin('pg_basebackup'), ...copy, '-R', '-X', 'stream', '-c', 'fast');
      servers.push(start(1));
      standby = await until('the standby answers', () => connect(1));
    });

    afterEach(async () => {
      await standby.end().catch(() => undefined);
      // A hard kill would leave a semaphore and shared memory behind.
      for (const server of servers) server.signal('SIGINT');
      await Promise.all(servers.map((server) => server.exited));
    });

    /** Acknowledged writes, then a standby that receives nothing, then more writes, and the primary dies. */
    async function failover(synchronous: boolean) {
      const primary = await connect(0);
      if (synchronous) {
        await primary.query("alter system set synchronous_standby_names = '*'");
        await primary.query('select pg_reload_conf()');
      }
      const pid = await receiver();
      await until('replication is as it was asked for', async () => {
        const { rows } = await primary.query('select sync_state from pg_stat_replication');
        return rows[0]?.sync_state === (synchronous ? 'sync' : 'async') || undefined;
      });
      const hosts = ports.map((port, index) => ({ name: `pg-${index + 1}`, host: HOST, port }));
      const ledger = postgresLedger(world, {
        name: 'writes',
        namespace: `loss${ports[0]}`,
        hosts,
        database: 'postgres',
        user: 'postgres',
        intervalMs: 50,
        timeoutMs: 3_000,
      });
      await ledger.open(never);
      const before = await writeEntries(clock, ledger, 1, 20);
      expect(acked(before)).toHaveLength(20);
      await until(
        'the standby has them',
        async () => (await ledger.audit(before, never)).every((audit) => audit.lost === 0) || undefined,
      );
      process.kill(pid, 'SIGSTOP');
      const during = synchronous
        ? await Promise.all([21, 22].map((id) => writeEntry(clock, ledger, id)))
        : await writeEntries(clock, ledger, 21, 35);
      await primary.end();
      // As a power cut: everything of it, and nothing is flushed on the way.
      const [dead] = servers.splice(0, 1);
      const backends = (await readPids(ports[0] ?? 0, folders[0] ?? '')).filter((one) => one > 1);
      await dead?.kill();
      for (const one of backends) tryKill(one);
      process.kill(pid, 'SIGCONT');
      await standby.query('select pg_promote(true, 60)');
      hosts.shift();
      const after = await writeEntries(clock, ledger, 36, 40);
      expect(acked(after)).toHaveLength(5);
      const [audit] = await ledger.audit([...before, ...during, ...after], never);
      await ledger.remove(never);
      return { audit, during };
    }

    it('is found with asynchronous replication and a standby that received nothing', async () => {
      const { audit, during } = await failover(false);
      const lost = acked(during);
      expect(lost).toHaveLength(15);
      expect(audit).toMatchObject({ replica: 'pg-2', acked: 40, lost: 15, lostIds: lost, corrupted: 0, stale: 0 });
    });

    it('is nothing with synchronous replication: what the standby has not is not acknowledged', async () => {
      const { audit, during } = await failover(true);
      expect(acked(during)).toEqual([]);
      expect(audit).toMatchObject({ acked: 25, lost: 0, duplicated: 0, unexpected: 0, corrupted: 0, stale: 0 });
    });

    it('and rows that were changed or doubled behind its back are found too', async () => {
      const ledger = postgresLedger(world, {
        name: 'writes',
        namespace: `damage${ports[0]}`,
        hosts: ports.map((port, index) => ({ name: `pg-${index + 1}`, host: HOST, port })),
        database: 'postgres',
        user: 'postgres',
        intervalMs: 50,
        timeoutMs: 3_000,
      });
      await ledger.open(never);
      const entries = await writeEntries(clock, ledger, 1, 10);
      const primary = await connect(0);
      const table = `gameday_damage${ports[0]}.entries`;
      await primary.query(`update ${table} set content = 'something else' where id = 3`);
      await primary.query(`insert into ${table} select * from ${table} where id = 4`);
      await primary.query(`delete from ${table} where id = 5`);
      const audits = await ledger.audit(entries, never);
      expect(audits).toMatchObject([
        { replica: 'pg-1', lost: 1, lostIds: [5], corrupted: 1, duplicated: 1, stale: 0 },
        { replica: 'pg-2', lost: 1, lostIds: [5], corrupted: 1, duplicated: 1, stale: null },
      ]);
      await ledger.remove(never);
      const { rows } = await primary.query("select 1 from pg_namespace where nspname like 'gameday%'");
      expect(rows).toEqual([]);
      await primary.end();
    });
  },
);

/** Children of the postmaster: backends have sessions of their own and outlive a kill of its group for a moment. */
async function readPids(port: number, folder: string): Promise<readonly number[]> {
  const client = new pg.Client({ host: HOST, port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity where pid is not null');
  await client.end();
  return folder === '' ? [] : rows.map((row) => row.pid);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its postmaster.
  }
}

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
    it('is found with transient messages, and is nothing with persistent ones', async () => {
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
        await until('the broker takes a queue', () => ledger.open(never).then(() => true), 120_000);
      const promised = await writeEntries(clock, kept, 1, 20);
      const unsafe = await writeEntries(clock, transient, 1, 20);
      expect([acked(promised), acked(unsafe)]).toMatchObject([{ length: 20 }, { length: 20 }]);
      // None where there is none.
      expect(await transient.audit(unsafe, never)).toMatchObject([
        { lost: 0, duplicated: 0, corrupted: 0, stale: null },
      ]);

      await broker.restart();
      const read = (ledger: typeof kept, entries: readonly LedgerEntry[]) =>
        until('the queue can be read again', () => ledger.audit(entries, never), 120_000);
      expect(await read(kept, promised)).toMatchObject([{ acked: 20, lost: 0, duplicated: 0, corrupted: 0 }]);
      expect(await read(transient, unsafe)).toMatchObject([{ acked: 20, lost: 20, lostIds: acked(unsafe) }]);
      for (const ledger of [kept, transient]) await ledger.remove(never);
      await expect(kept.audit(promised, never)).rejects.toThrow(/NOT_FOUND|404/);
    });
  },
);
