import { dirname, join } from 'node:path';
import type { World } from '../world/world.ts';

/** Stacks of the lab, in the order in which people speak of them. */
export const STACKS = ['postgres', 'redis', 'minio', 'haproxy', 'rabbitmq', 'monitoring'] as const;
export type Stack = (typeof STACKS)[number];

/** Why a stack that could have been started is missing in a lab. */
export const LEFT_OUT = 'left out by --skip';

/** MinIO as it is built and cached: the release it is, and the version by which the Go module proxy knows it. */
const MINIO_RELEASE = 'RELEASE.2025-09-07T16-13-09Z';
const MINIO_MODULE = 'github.com/minio/minio@v0.0.0-20250907161309-07c3a429bfed';

/** Full paths of the programs that the lab runs, by stack. Absent: something of that stack is missing. */
export interface Tools {
  readonly postgres?: { readonly bin: string; readonly autoctl: string };
  readonly redis?: { readonly server: string; readonly sentinel: string };
  readonly minio?: { readonly server: string };
  readonly haproxy?: { readonly server: string };
  readonly rabbitmq?: { readonly server: string; readonly epmd: string };
  readonly monitoring?: {
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly redisExporter: string;
    readonly postgresExporter: string;
  };
}

export interface MissingTools {
  readonly stack: Stack;
  /** What was not found: `pg_autoctl and the extension pgautofailover`. */
  readonly reason: string;
  /** Where to get it. */
  readonly hint: string;
}

const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/sbin'];

/** Looks for every program the lab needs. What a stack lacks is reported, with where to get it. */
export async function findTools(
  world: World,
): Promise<{ readonly tools: Tools; readonly missing: readonly MissingTools[] }> {
  const find = async (...names: string[]): Promise<string | undefined> => {
    for (const name of names) {
      const path = await world.exec.find(name, SYSTEM_FOLDERS);
      if (path !== undefined) return path;
    }
    return undefined;
  };
  const missing: MissingTools[] = [];
  const need = <T extends Record<string, string | undefined>>(
    stack: Stack,
    found: T,
    hint: string,
  ): Found<T> | undefined => {
    const absent = Object.entries(found).filter(([, path]) => path === undefined);
    if (absent.length === 0) return found as Found<T>;
    missing.push({ stack, reason: `not found: ${absent.map(([name]) => LABELS[name] ?? name).join(', ')}`, hint });
    return undefined;
  };

  const postgres = need(
    'postgres',
    { bin: await findPostgres(world), autoctl: await find('pg_autoctl') },
    'Debian and Ubuntu: apt-get install postgresql-15-auto-failover pg-auto-failover-cli',
  );
  const redis = need(
    'redis',
    { server: await find('redis-server'), sentinel: await find('redis-sentinel') },
    'Debian and Ubuntu: apt-get install redis-server redis-sentinel',
  );
  const minio = need('minio', { server: await findMinio(world) }, `with Go 1.21 or newer: go install ${MINIO_MODULE}`);
  const haproxy = need('haproxy', { server: await find('haproxy') }, 'Debian and Ubuntu: apt-get install haproxy');
  const rabbitmq = need(
    'rabbitmq',
    { server: await findRabbit(world), epmd: await find('epmd') },
    'Debian and Ubuntu: apt-get install rabbitmq-server',
  );
  const monitoring = need(
    'monitoring',
    {
      prometheus: await find('prometheus'),
      alertmanager: await find('prometheus-alertmanager', 'alertmanager'),
      redisExporter: await find('prometheus-redis-exporter', 'redis_exporter'),
      postgresExporter: await find('prometheus-postgres-exporter', 'postgres_exporter'),
    },
    'Debian and Ubuntu: apt-get install prometheus prometheus-alertmanager prometheus-redis-exporter prometheus-postgres-exporter',
  );
  return {
    tools: {
      ...(postgres && { postgres }),
      ...(redis && { redis }),
      ...(minio && { minio }),
      ...(haproxy && { haproxy }),
      ...(rabbitmq && { rabbitmq }),
      ...(monitoring && { monitoring }),
    },
    missing,
  };
}

type Found<T> = { readonly [K in keyof T]: string };

/** What people call what the code calls by purpose. */
const LABELS: Readonly<Record<string, string>> = {
  bin: 'a Postgres server with the extension pgautofailover',
  autoctl: 'pg_autoctl',
  redisExporter: 'prometheus-redis-exporter',
  postgresExporter: 'prometheus-postgres-exporter',
};

/** The newest Postgres that has pg_auto_failover's extension: its folder of programs. */
async function findPostgres(world: World): Promise<string | undefined> {
  const versions = ((await world.fs.list('/usr/lib/postgresql')) ?? []).filter((name) => /^\d+$/.test(name));
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}`);
  const onPath = await world.exec.find('postgres', SYSTEM_FOLDERS);
  if (onPath !== undefined) folders.push(dirname(dirname(await world.fs.realPath(onPath))));
  for (const folder of folders) {
    const hasExtension = await world.fs.exists(join(folder, 'lib', 'pgautofailover.so'));
    if (hasExtension && (await world.fs.exists(join(folder, 'bin', 'initdb')))) return join(folder, 'bin');
  }
  return undefined;
}

/** A binary on PATH, or the one that was built into the user's cache folder. */
async function findMinio(world: World): Promise<string | undefined> {
  // A relative one is invalid, says the XDG specification, and is ignored.
  const named = world.env.get('XDG_CACHE_HOME');
  const cache = named?.startsWith('/') === true ? named : join(world.env.home, '.cache');
  return world.exec.find('minio', [join(cache, 'gameday', 'minio', MINIO_RELEASE)]);
}

/** Debian's /usr/sbin/rabbitmq-server changes the user first; the one below /usr/lib does not. */
async function findRabbit(world: World): Promise<string | undefined> {
  const inLibrary = '/usr/lib/rabbitmq/bin/rabbitmq-server';
  return (await world.exec.find(inLibrary)) ?? (await world.exec.find('rabbitmq-server'));
}
