import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Status } from '../../src/lab/api/component.ts';
import type { Health } from '../../src/lab/api/health.ts';
import { freePorts, postgresFolder, program, type Server, ServerRoom, until } from '../support/real-servers.ts';

const PASSWORD = 'not a secret';
const redisServer = program('redis-server');
const redisSentinel = program('redis-sentinel');
const postgres = postgresFolder();
const missing = Object.entries({ 'redis-server': redisServer, 'redis-sentinel': redisSentinel, postgres })
  .filter(([, path]) => path === undefined)
  .map(([name]) => name);

/** Postgres refuses to run as root. */
const AS_POSTGRES =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : [];

let room: ServerRoom;
let ports: number[];
let redis: Server;
let database: Server;
let api: Server;

const port = (index: number): number => ports[index] ?? 0;
const url = (path: string): string => `http://127.0.0.1:${port(0)}${path}`;

function startRedis(): Server {
  const args = ['--port', String(port(1)), '--bind', '127.0.0.1', '--requirepass', PASSWORD, '--masterauth', PASSWORD];
  return room.start(redisServer ?? '', [...args, '--save', '']);
}

function startPostgres(): Server {
  const data = join(room.folder, 'pg');
  execFileSync('rm', ['-f', join(data, 'postmaster.pid')]);
  const command = [join(postgres ?? '', 'postgres'), '-D', data, '-p', String(port(3)), '-h', '127.0.0.1', '-k', ''];
  const [file = '', ...args] = [...AS_POSTGRES, ...command];
  return room.start(file, args, { cwd: '/' });
}

async function startApi(): Promise<Server> {
  const bundle = join(room.folder, 'lab-api.mjs');
  const require =
    "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
  await build({
    entryPoints: ['src/lab/api/main.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: { js: require },
    logLevel: 'error',
  });
  const at = (index: number): { host: string; port: number } => ({ host: '127.0.0.1', port: port(index) });
  const config = {
    name: 'api-1',
    ...at(0),
    // The first host does not exist: the primary has to be found.
    database: { hosts: [at(4), at(3)], database: 'postgres', user: 'app' },
    cache: { sentinels: [at(2)], masterName: 'lab', password: PASSWORD },
    objects: { endpoints: [`http://127.0.0.1:${port(4)}`], accessKey: 'key', secretKey: 'secret', bucket: 'api' },
    messages: { ...at(4), user: 'guest', password: 'guest', vhost: '/', queue: 'gameday-api' },
  };
  const file = join(room.folder, 'api.json');
  await writeFile(file, JSON.stringify(config));
  return room.start(process.execPath, [bundle], { env: { API_CONFIG: file } });
}

async function call(
  path: string,
  method = 'GET',
  body?: string,
): Promise<{ status: number; headers: Headers; json: unknown }> {
  const response = await fetch(url(path), { method, body: body ?? null, signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text.startsWith('{') ? JSON.parse(text) : text };
}

async function health(): Promise<Health> {
  return (await call('/api/v1/health')).json as Health;
}

function componentIs(name: string, status: Status): Promise<true> {
  return until(`${name} is ${status}`, async () => (await health()).components[name]?.status === status || undefined);
}

function logged(level: string, pattern: RegExp): Promise<true> {
  return until(`log line ${pattern}`, () => logLines(level, pattern).length > 0 || undefined);
}

function logLines(level: string, pattern: RegExp): string[] {
  const lines = api
    .output()
    .split('\n')
    .filter((line) => line !== '');
  return lines.filter((line) => {
    const entry = JSON.parse(line) as { level: string; msg: string };
    return entry.level === level && pattern.test(entry.msg);
  });
}

async function metric(series: string): Promise<number> {
  const lines = String((await call('/metrics')).json).split('\n');
  return Number(lines.find((line) => line.startsWith(`${series} `))?.split(' ')[1]);
}

async function openSession(): Promise<{ ask(text: string): Promise<Record<string, unknown>>; close(): void }> {
  const socket = new WebSocket(url('/ws').replace('http', 'ws'));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    ask: (text) =>
      new Promise((resolve) => {
        socket.once('message', (data) => resolve(JSON.parse(data.toString()) as Record<string, unknown>));
        socket.send(text);
      }),
    close: () => socket.close(),
  };
}

if (missing.length > 0) console.warn(`test/lab/api.test.ts is skipped: not installed: ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('demo API', () => {
  beforeAll(async () => {
    room = await ServerRoom.open();
    ports = await freePorts(5);
    execFileSync('chmod', ['755', room.folder]);
    const data = join(room.folder, 'pg');
    execFileSync('mkdir', [data]);
    if (AS_POSTGRES.length > 0) execFileSync('chown', ['postgres', data]);
    const [file = '', ...args] = [
      ...AS_POSTGRES,
      join(postgres ?? '', 'initdb'),
      '-D',
      data,
      '-A',
      'trust',
      '-U',
      'app',
      '-N',
    ];
    execFileSync(file, args, { cwd: '/', stdio: 'ignore' });
    const sentinel = join(room.folder, 'sentinel.conf');
    const watch = `sentinel monitor lab 127.0.0.1 ${port(1)} 1\nsentinel auth-pass lab "${PASSWORD}"\n`;
    await writeFile(sentinel, `port ${port(2)}\nbind 127.0.0.1\n${watch}`);
    redis = startRedis();
    database = startPostgres();
    room.start(redisSentinel ?? '', [sentinel]);
    api = await startApi();
    await componentIs('cache', 'healthy');
    await componentIs('database', 'healthy');
  });
  afterAll(async () => {
    // Killed hard it would leave its piece of shared memory behind.
    database?.signal('SIGINT');
    await database?.exited;
    await room?.close();
  });

  it('serves degraded with the dependencies that are there', async () => {
    const { status, headers, json } = await call('/api/v1/health');
    expect(status).toBe(200);
    expect(headers.get('x-served-by')).toBe('api-1');
    expect(json).toMatchObject({
      status: 'degraded',
      servedBy: 'api-1',
      components: {
        database: { status: 'healthy', message: `primary is 127.0.0.1:${port(3)}` },
        cache: { status: 'healthy' },
        objects: { status: 'unhealthy', message: expect.stringContaining('ECONNREFUSED') },
        messages: { status: 'unhealthy', message: expect.stringContaining('ECONNREFUSED') },
      },
    });
    expect((await call('/health/ready')).status).toBe(200);
    expect(await metric('component_up{component="cache"}')).toBe(1);
    expect(await metric('component_up{component="messages"}')).toBe(0);
    await logged('error', /^messages \(rabbitmq\) unavailable: connect ECONNREFUSED/);
  });

  it('says what is out when a request needs it', async () => {
    expect(await call('/api/v1/messages', 'POST', '{"body":"x"}')).toMatchObject({
      status: 503,
      json: { error: expect.stringContaining('messages unavailable: connect ECONNREFUSED') },
    });
    expect(await call('/api/v1/objects/x', 'PUT', 'x')).toMatchObject({ status: 503 });
  });

  it('refuses what it cannot use', async () => {
    expect(await call('/api/v1/rows', 'POST', 'no json')).toMatchObject({ status: 400 });
    expect(await call('/api/v1/rows', 'POST', '{"body":1}')).toMatchObject({ status: 400 });
    expect(await call('/api/v1/rows/none')).toMatchObject({ status: 404 });
    const nowhere = await call('/nowhere');
    expect(nowhere.status).toBe(404);
    expect(nowhere.headers.get('x-served-by')).toBe('api-1');
  });

  it('stores a row once, however often it is sent', async () => {
    for (const body of ['one', 'two']) {
      expect(await call('/api/v1/rows', 'POST', JSON.stringify({ id: 'same', body }))).toMatchObject({ status: 201 });
    }
    expect((await call('/api/v1/rows/same')).json).toEqual({ id: 'same', body: 'two' });
    expect((await call('/api/v1/rows')).json).toEqual({ rows: [{ id: 'same', body: 'two' }] });
  });

  it('goes on from memory while Redis is dead, and brings Redis up to date afterwards', async () => {
    expect((await call('/api/v1/cache/seen', 'PUT', 'before')).json).toEqual({ key: 'seen', stored: 'redis' });
    await redis.kill();
    await componentIs('cache', 'unhealthy');
    await logged('error', /^cache \(redis\) unavailable: .*ECONNREFUSED/);
    expect(await metric('component_up{component="cache"}')).toBe(0);
    expect((await call('/api/v1/cache/seen')).json).toEqual({ key: 'seen', value: 'before', from: 'memory' });
    expect((await call('/api/v1/cache/new', 'PUT', 'during')).json).toEqual({ key: 'new', stored: 'memory' });
    expect(await metric('cache_hits_total{subsystem="memory"}')).toBe(1);
    redis = startRedis();
    await componentIs('cache', 'healthy');
    await logged('info', /^cache \(redis\) is back$/);
    expect((await call('/api/v1/cache/new')).json).toEqual({ key: 'new', value: 'during', from: 'redis' });
  });

  it('does not hang on a frozen Redis', async () => {
    redis.signal('SIGSTOP');
    expect((await call('/api/v1/cache/frozen', 'PUT', 'x')).json).toEqual({ key: 'frozen', stored: 'memory' });
    await componentIs('cache', 'unhealthy');
    redis.signal('SIGCONT');
    await componentIs('cache', 'healthy');
    expect((await call('/api/v1/cache/frozen')).json).toEqual({ key: 'frozen', value: 'x', from: 'redis' });
  });

  it('acknowledges a WebSocket message only once it stands in Postgres', async () => {
    const session = await openSession();
    expect(await session.ask('{"session":"s","n":1}')).toEqual({ ack: 1, by: 'api-1' });
    expect((await call('/api/v1/sessions/s')).json).toEqual({ messages: [1] });
    await database.kill();
    expect(await session.ask('{"session":"s","n":2}')).toMatchObject({
      nack: 2,
      error: expect.stringContaining('database'),
    });
    await componentIs('database', 'unhealthy');
    await logged('error', /^database \(postgres\) unavailable: /);
    database = startPostgres();
    await componentIs('database', 'healthy');
    expect(await session.ask('{"session":"s","n":2}')).toEqual({ ack: 2, by: 'api-1' });
    expect(await session.ask('{"session":"s","n":2}')).toEqual({ ack: 2, by: 'api-1' });
    expect((await call('/api/v1/sessions/s')).json).toEqual({ messages: [1, 2] });
    expect(await session.ask('nonsense')).toEqual({ error: expect.stringContaining('session') });
    expect(await metric('ws_messages_total{result="nack"}')).toBe(1);
    session.close();
  });

  it('is out of service only when everything is out, and comes back by itself', async () => {
    await Promise.all([redis.kill(), database.kill()]);
    const out = await until('503', async () => {
      const answer = await call('/api/v1/health');
      return answer.status === 503 ? answer : undefined;
    });
    expect(out.json).toMatchObject({ status: 'unhealthy' });
    expect((await call('/health/ready')).status).toBe(503);
    expect((await call('/health/live')).status).toBe(200);
    redis = startRedis();
    database = startPostgres();
    await componentIs('cache', 'healthy');
    await componentIs('database', 'healthy');
    expect((await call('/api/v1/health')).status).toBe(200);
  });

  it('repeats the error line while the outage lasts and met no error of its own', async () => {
    await until('a second line', () => logLines('error', /^objects \(minio\) unavailable/).length > 1 || undefined);
    expect(logLines('error', /unhandled|uncaught/)).toEqual([]);
  });

  it('ends when it is told to, also with a session open', async () => {
    const session = await openSession();
    api.signal('SIGTERM');
    expect(await api.exited).toBe(0);
    session.close();
  });
});
