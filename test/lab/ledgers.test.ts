import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger, LedgerEntry } from '../../src/core/ledger.ts';
import { postgresLedger } from '../../src/ledgers/postgres.ts';
import { redisLedger } from '../../src/ledgers/redis.ts';
import { redisCall } from '../../src/probes/redis-call.ts';
import { agreedMaster, nodeAt, type SentinelOptions } from '../../src/probes/sentinel.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { freePorts, postgresFolder, program, type Server, ServerRoom, until } from '../support/real-servers.ts';

const HOST = '127.0.0.1';
const PASSWORD = 'not a secret';
const redisServer = program('redis-server');
const redisSentinel = program('redis-sentinel');
const postgres = postgresFolder();
const world = createWorld();
const never = new AbortController().signal;

let room: ServerRoom;
beforeAll(async () => {
  room = await ServerRoom.open();
});
afterAll(() => room.close());

/** Writes with the ids from..to, one after the other, as the engine would journal them. */
async function write(ledger: Ledger, from: number, to: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let id = from; id <= to; id += 1) {
    const startedAt = world.clock.now();
    const { outcome } = await ledger.write(id, AbortSignal.timeout(ledger.timeoutMs));
    entries.push({ id, startedAt, endedAt: world.clock.now(), outcome });
  }
  return entries;
}

/** Follows one sentinel in a program of its own, bundled as the product is: there CommonJS packages have no named imports. */
async function follow(sentinel: SentinelOptions): Promise<Server> {
  const outdir = join(room.folder, 'bundle');
  const contents = `
    import { sentinelProbe } from './probes/sentinel.ts';
    import { createWorld } from './world/node-world.ts';
    const probe = sentinelProbe(createWorld(), ${JSON.stringify(sentinel)}, { intervalMs: 250, timeoutMs: 1_000 });
    await probe.watch((facts) => console.log(JSON.stringify(facts)), new AbortController().signal);`;
  await build({
    stdin: { contents, resolveDir: 'src', sourcefile: 'follow.ts', loader: 'ts' },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  await writeFile(join(outdir, 'package.json'), '{"type":"module"}');
  return room.start(process.execPath, [join(outdir, 'stdin.js')]);
}

const missing = redisServer === undefined || redisSentinel === undefined;
describe.skipIf(missing)(
  `the Redis ledger${missing ? ' (skipped: redis-server or redis-sentinel is not installed)' : ''}`,
  () => {
    let ports: number[];
    let master: Server;
    const common = ['--bind', HOST, '--requirepass', PASSWORD, '--masterauth', PASSWORD, '--save', ''];
    const replicaOnline = (port: number | undefined) =>
      until('the replica is online', async () => {
        const target = { host: HOST, port: port ?? 0, password: PASSWORD };
        const [info] = await redisCall(world.net, target, [['INFO', 'replication']], 1_000);
        return String(info).includes('state=online') || undefined;
      });
    const nodes = () => [1, 2].map((n) => ({ name: `redis-${n}`, host: HOST, port: ports[n - 1] ?? 0 }));
    const sentinel = (): SentinelOptions => ({
      node: 'redis-1',
      host: HOST,
      port: ports[2] ?? 0,
      password: PASSWORD,
      masterName: 'main',
      nodes: nodes(),
    });
    const ledgerOf = () =>
      redisLedger(world, {
        name: 'writes',
        namespace: 'ab12cd34ef56',
        nodes: nodes(),
        intervalMs: 50,
        timeoutMs: 1_000,
        async agreedMaster(signal) {
          const name = nodeAt(await agreedMaster(world, [sentinel()], 1_000, signal), nodes());
          const node = nodes().find((one) => one.name === name);
          if (node === undefined) throw new Error(`${name} is no node`);
          return node;
        },
        call: (node, commands, timeoutMs, signal) =>
          redisCall(world.net, { host: node.host, port: node.port, password: PASSWORD }, commands, timeoutMs, signal),
      });

    beforeAll(async () => {
      ports = await freePorts(3);
      master = room.start(redisServer ?? '', ['--port', String(ports[0]), ...common]);
      room.start(redisServer ?? '', ['--port', String(ports[1]), ...common, '--replicaof', `${HOST} ${ports[0]}`]);
      await replicaOnline(ports[0]);
      await mkdir(join(room.folder, 'sentinel'));
      const file = join(room.folder, 'sentinel', 'sentinel.conf');
      const lines = [
        `port ${ports[2]}`,
        `bind ${HOST}`,
        `sentinel monitor main ${HOST} ${ports[0]} 1`,
        `sentinel auth-pass main "${PASSWORD}"`,
        'sentinel down-after-milliseconds main 1500',
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      room.start(redisSentinel ?? '', [file], { cwd: join(room.folder, 'sentinel') });
      const asked = { ...sentinel(), password: undefined };
      const replicas = async () =>
        JSON.stringify(await redisCall(world.net, asked, [['SENTINEL', 'REPLICAS', 'main']], 1_000));
      await until(
        'the sentinel knows the replica',
        async () => (await replicas()).includes(String(ports[1])) || undefined,
      );
    });

    it('follows the master that the sentinel names, loses nothing, and is told of the switch by the bundled client', async () => {
      const follower = await follow(sentinel());
      const open = { ...sentinel(), password: undefined };
      await until('the follower has subscribed', async () => {
        const [clients] = await redisCall(world.net, open, [['CLIENT', 'LIST']], 1_000);
        return /\bsub=1\b/.test(String(clients)) || undefined;
      });
      const ledger = ledgerOf();
      await ledger.open(never);
      const before = await write(ledger, 1, 20);
      expect(before.every((entry) => entry.outcome === 'acked')).toBe(true);
      await until('every write is on the replica', async () => {
        const audits = await ledger.audit(before, never);
        return audits.every((audit) => audit.lost === 0) || undefined;
      });

      await master.kill();
      const during = await write(ledger, 21, 22);
      expect(during.map((entry) => entry.outcome)).toEqual(['rejected', 'rejected']);
      await until('the sentinel tells of the switch', () => follower.output().includes('switch-master') || undefined);
      expect(follower.output()).toBe('{"switch-master":"redis-2"}\n');

      const after = await write(ledger, 23, 30);
      expect(after.every((entry) => entry.outcome === 'acked')).toBe(true);
      const all = [...before, ...during, ...after];
      // A replica that cannot be read vouches for nothing, and neither does the rest without it.
      await expect(ledger.audit(all, never)).rejects.toThrow('ECONNREFUSED');
      room.start(redisServer ?? '', ['--port', String(ports[0]), ...common, '--replicaof', `${HOST} ${ports[1]}`]);
      await replicaOnline(ports[1]);
      const whole = { acked: 28, lost: 0, unexpected: 0, duplicated: 0, stale: 0 };
      expect(await ledger.audit(all, never)).toMatchObject([
        { replica: 'redis-2', ...whole },
        // A replica's reads promise nothing about their age.
        { replica: 'redis-1', ...whole, stale: null },
      ]);
      await ledger.remove(never);
      const left = await redisCall(
        world.net,
        { host: HOST, port: ports[1] ?? 0, password: PASSWORD },
        [['DBSIZE']],
        1_000,
      );
      expect(left).toEqual([0]);
    });
  },
);

describe.skipIf(postgres === undefined)(
  `the Postgres ledger${postgres === undefined ? ' (skipped: Postgres is not installed)' : ''}`,
  () => {
    const asPostgres =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : [];
    let ports: number[];
    let data: string;

    const start = (): Server => {
      const [file = '', ...args] = [
        ...asPostgres,
        ...[join(postgres ?? '', 'postgres'), '-D', data, '-p', String(ports[0]), '-h', HOST, '-k', ''],
      ];
      return room.start(file, args, { cwd: '/' });
    };
    const ledgerOf = (hosts: readonly { readonly name: string; readonly host: string; readonly port: number }[]) =>
      postgresLedger(world, {
        name: 'writes',
        namespace: 'ab12cd34ef56',
        hosts,
        database: 'postgres',
        user: 'postgres',
        intervalMs: 50,
        timeoutMs: 2_000,
      });

    beforeAll(async () => {
      ports = await freePorts(2);
      data = join(room.folder, 'pg');
      await mkdir(data);
      if (asPostgres.length > 0) execFileSync('chown', ['postgres', room.folder, data]);
      const [file = '', ...args] = [
        ...asPostgres,
        join(postgres ?? '', 'initdb'),
        '-D',
        data,
        '-A',
        'trust',
        '-U',
        'postgres',
        '-N',
      ];
      execFileSync(file, args, { cwd: '/', stdio: 'ignore' });
    });

    it('rejects what it could not send, goes on after a crash, and finds every acknowledged row', async () => {
      const server = start();
      // Nothing listens at the first one: a dead host must not stand in the way of one that serves.
      const hosts = [
        { name: 'pg-1', host: HOST, port: ports[1] ?? 0 },
        { name: 'pg-2', host: HOST, port: ports[0] ?? 0 },
      ];
      const ledger = ledgerOf(hosts);
      await until('Postgres takes writes', () => ledger.open(never).then(() => true));
      const before = await write(ledger, 1, 20);
      expect(before.every((entry) => entry.outcome === 'acked')).toBe(true);

      await server.kill();
      const during = await write(ledger, 21, 22);
      expect(during.every((entry) => entry.outcome !== 'acked')).toBe(true);
      execFileSync('rm', ['-f', join(data, 'postmaster.pid')]);
      const again = start();
      const after: LedgerEntry[] = [];
      await until('writes are acknowledged again', async () => {
        const [entry] = await write(ledger, 23 + after.length, 23 + after.length);
        if (entry !== undefined) after.push(entry);
        return entry?.outcome === 'acked' || undefined;
      });

      const all = [...before, ...during, ...after];
      await expect(ledger.audit(all, never)).rejects.toThrow('pg-1');
      hosts.shift();
      expect(await ledger.audit(all, never)).toMatchObject([
        { replica: 'pg-2', acked: 21, lost: 0, unexpected: 0, duplicated: 0, corrupted: 0 },
      ]);
      await ledger.remove(never);
      await expect(ledger.audit(before, never)).rejects.toThrow('does not exist');
      // A hard kill would leave a semaphore and shared memory behind.
      again.signal('SIGINT');
      await again.exited;
    });

    it('gives no audit when nothing can be read', async () => {
      const ledger = postgresLedger(world, {
        name: 'writes',
        namespace: 'ab12cd34ef56',
        hosts: [{ name: 'pg-1', host: HOST, port: ports[1] ?? 0 }],
        database: 'postgres',
        user: 'postgres',
        intervalMs: 50,
        timeoutMs: 500,
      });
      await expect(ledger.audit([], never)).rejects.toThrow('no host takes writes: pg-1');
    });
  },
);
