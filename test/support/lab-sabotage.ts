import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { haproxyConfig } from '../../src/lab/haproxy.ts';
import { nodeNamed, portOf } from '../../src/lab/lab.ts';
import { sql } from '../../src/lab/psql.ts';
import { redisCall } from '../../src/probes/redis-call.ts';
import type { RespReply } from '../../src/probes/resp.ts';
import { command, labFolder, labState, labStatus, world } from './lab-drills.ts';
import { until } from './real-servers.ts';

const HOST = '127.0.0.1';
const MASTER = 'mymaster';
const node = (name: string) => nodeNamed({ state: labState }, name);

/** Does something to the lab, then the work, and undoes it however the work ended. */
async function during<T>(spoil: () => Promise<void>, mend: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    await spoil();
    return await work();
  } finally {
    await mend();
  }
}

async function lab(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await command('lab', ...args, '--lab-dir', labFolder);
  expect(code, stderr).toBe(0);
}

/** Stops these nodes. All are started at once: some servers are well only together. */
export function withNodesDown<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  return during(
    async () => void (await Promise.all(names.map((name) => lab('stop', name)))),
    async () => void (await Promise.all(names.map((name) => lab('start', name)))),
    work,
  );
}

/** A primary that went away is replaced only after a minute: the monitor's setting says so. */
export async function withDemoteTimeout<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const setting = 'pgautofailover.primary_demote_timeout';
  const ask = (text: string) =>
    sql({ world, state: labState, signal: AbortSignal.timeout(30_000) }, node('pg-monitor'), 'pg_auto_failover', text);
  const value = async () => Number((await ask(`SELECT setting FROM pg_settings WHERE name = '${setting}'`))[0]);
  const reload = (wanted: number) =>
    until(`${setting} = ${wanted}`, async () => {
      await ask('SELECT pg_reload_conf()');
      return (await value()) === wanted || undefined;
    });
  const before = await value();
  return during(
    async () => {
      await ask(`ALTER SYSTEM SET ${setting} = ${ms}`);
      await reload(ms);
    },
    async () => {
      await ask(`ALTER SYSTEM RESET ${setting}`);
      await reload(before);
    },
    work,
  );
}

const SENTINELS = ['redis-1', 'redis-2', 'redis-3'] as const;
const TIMES = ['down-after-milliseconds', 'failover-timeout'] as const;
export type SentinelTimes = Readonly<Record<(typeof TIMES)[number], string>>;

async function sentinel(name: string, ...words: readonly string[]): Promise<RespReply | undefined> {
  const [reply] = await redisCall(
    world.net,
    { host: HOST, port: portOf(node(name), 'sentinel') },
    [['SENTINEL', ...words]],
    5_000,
  );
  return reply;
}

async function sentinelTimes(name: string, master: string): Promise<SentinelTimes> {
  const reply = await sentinel(name, 'MASTER', master);
  if (!Array.isArray(reply)) throw new Error(`the sentinel of ${name} says ${JSON.stringify(reply)}`);
  const field = (key: string) => String(reply[reply.indexOf(key) + 1]);
  return { [TIMES[0]]: field(TIMES[0]), [TIMES[1]]: field(TIMES[1]) } as SentinelTimes;
}

async function setTimes(name: string, times: SentinelTimes): Promise<void> {
  for (const key of TIMES) expect(await sentinel(name, 'SET', MASTER, key, times[key])).toBe('OK');
}

/** What a sentinel takes for a master of which its configuration says nothing more: asked of a real one. */
export async function shippedSentinelTimes(): Promise<SentinelTimes> {
  const port = String(portOf(node('redis-1'), 'redis'));
  expect(await sentinel('redis-1', 'MONITOR', 'shipped', HOST, port, '2')).toBe('OK');
  try {
    return await sentinelTimes('redis-1', 'shipped');
  } finally {
    expect(await sentinel('redis-1', 'REMOVE', 'shipped')).toBe('OK');
  }
}

/** Every sentinel has these times for its master. */
export async function withSentinelTimes<T>(times: SentinelTimes, work: () => Promise<T>): Promise<T> {
  const before = await Promise.all(SENTINELS.map(async (name) => ({ name, times: await sentinelTimes(name, MASTER) })));
  return during(
    async () => {
      for (const name of SENTINELS) await setTimes(name, times);
    },
    async () => {
      for (const one of before) await setTimes(one.name, one.times);
    },
    work,
  );
}

/** HAProxy as tuned as ever, but a request whose server is gone stays with it. */
export async function withoutRedispatch<T>(work: () => Promise<T>): Promise<T> {
  const balancer = node('haproxy');
  const file = join(balancer.folder, 'haproxy.cfg');
  const before = await readFile(file, 'utf8');
  const after = haproxyConfig({
    frontPort: portOf(balancer, 'http'),
    statsPort: portOf(balancer, 'stats'),
    metricsPort: portOf(balancer, 'metrics'),
    servers: ['api-1', 'api-2'].map((name) => ({ name, host: HOST, port: portOf(node(name), 'http') })),
    tuned: true,
    redispatch: false,
  });
  expect(after).not.toBe(before);
  const restartWith = async (text: string) => {
    await writeFile(file, text);
    await lab('stop', 'haproxy');
    await lab('start', 'haproxy');
    // A backend is UP without having been checked at first: doctor waits for the check.
    await until('both backends checked', async () => {
      const doctor = await command('doctor', '--only', 'D', '--lab-dir', labFolder);
      return doctor.code === 0 || undefined;
    });
  };
  return during(
    () => restartWith(after),
    () => restartWith(before),
    work,
  );
}

/** Prometheus knows no such alert any more. */
export async function withoutAlertRule<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(node('prometheus').folder, 'rules.yml');
  const before = await readFile(file, 'utf8');
  const after = before
    .split(/(?=^ {6}- alert: )/m)
    .filter((rule) => !rule.startsWith(`      - alert: ${name}\n`))
    .join('');
  expect(after).not.toBe(before);
  const pid = Number(/^\d+/.exec((await labStatus()).details.prometheus ?? '')?.[0]);
  expect(pid).toBeGreaterThan(1);
  const load = async (text: string, there: boolean) => {
    await writeFile(file, text);
    process.kill(pid, 'SIGHUP');
    await until(
      `${name} ${there ? 'loaded' : 'gone'}`,
      async () => (await rules()).includes(name) === there || undefined,
    );
  };
  return during(
    () => load(after, false),
    () => load(before, true),
    work,
  );
}

async function rules(): Promise<readonly string[]> {
  const response = await fetch(`http://${HOST}:${portOf(node('prometheus'), 'http')}/api/v1/rules`);
  const { data } = (await response.json()) as { data: { groups: { rules: { name: string }[] }[] } };
  return data.groups.flatMap((group) => group.rules.map((rule) => rule.name));
}

/** An API that cannot live without its broker: 503 for as long as the broker's port is closed. The work is given its URL. */
export async function withFragileApi<T>(work: (url: string) => Promise<T>): Promise<T> {
  const broker = portOf(node('rabbitmq'), 'amqp');
  const server = createServer((_request, response) => {
    knock(broker).then((open) => {
      const status = open ? 'healthy' : 'unhealthy';
      response.writeHead(open ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status, servedBy: 'fragile', components: { messages: { status } } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  try {
    return await work(`http://${HOST}:${(server.address() as AddressInfo).port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function knock(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
