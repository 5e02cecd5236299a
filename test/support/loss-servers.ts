import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { brokerEnv, erlangEnv } from '../../src/lab/nodes/rabbitmq.ts';
import { freePorts, program, type Server, type ServerRoom, until } from './real-servers.ts';

export const HOST = '127.0.0.1';

/** A program of RabbitMQ where Debian puts it: what stands on PATH is a wrapper that changes the user. */
export const rabbitmqServer = ['/usr/lib/rabbitmq/bin/rabbitmq-server'].find((path) => existsSync(path));
export const epmd = program('epmd');

/** The MinIO that `npm test` has built, or one on PATH. */
export function minioProgram(): string | undefined {
  const named = process.env.XDG_CACHE_HOME;
  const home = named?.startsWith('/') === true ? named : join(homedir(), '.cache');
  const cache = join(home, 'gameday', 'minio');
  const versions = existsSync(cache) ? readdirSync(cache) : [];
  const built = versions.flatMap((version) => [join(cache, version, 'minio'), join(cache, version, 'bin', 'minio')]);
  return program('minio') ?? built.find((path) => existsSync(path));
}

/** A command as the user `postgres`, where we are root. */
export function asPostgres(...command: readonly string[]): readonly [string, string[]] {
  const [file = '', ...args] =
    process.getuid?.() === 0
      ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...command]
      : command;
  return [file, args];
}

export function runAsPostgres(...command: readonly string[]): void {
  const [file, args] = asPostgres(...command);
  execFileSync(file, args, { cwd: '/', stdio: 'ignore' });
}

export interface Broker {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** SIGKILL to the broker, and the same broker again. */
  restart(): Promise<void>;
}

/** One RabbitMQ with a port mapper of its own. */
export async function startBroker(room: ServerRoom): Promise<Broker> {
  const [port = 0, dist = 0, mapper = 0] = await freePorts(3);
  const folder = join(room.folder, 'rabbitmq');
  const file = (name: string): string => join(folder, name);
  for (const path of [folder, file('mnesia'), file('log')]) await mkdir(path, { recursive: true });
  await writeFile(file('rabbitmq.conf'), 'default_user = gameday\ndefault_pass = broker-secret\n');
  await writeFile(file('rabbitmq-env.conf'), '');
  await writeFile(file('enabled_plugins'), '[].\n');
  await writeFile(file('advanced.config'), '[].\n');
  await writeFile(file('.erlang.cookie'), 'COOKIEOFATEST');
  await chmod(file('.erlang.cookie'), 0o400);
  room.start(epmd ?? '', ['-address', HOST, '-port', String(mapper)], { cwd: folder, env: erlangEnv(folder, mapper) });
  const env = brokerEnv(folder, { name: `gameday-${port}@localhost`, port, distPort: dist, epmdPort: mapper });
  const start = (): Server => room.start(rabbitmqServer ?? '', [], { cwd: folder, env });
  let server = start();
  return {
    port,
    user: 'gameday',
    password: 'broker-secret',
    async restart() {
      await server.kill();
      server = start();
    },
  };
}

export interface StoreNode {
  readonly name: string;
  readonly url: string;
  /** Folder of its one drive. */
  readonly drive: string;
  kill(): Promise<void>;
  start(): void;
}

/** Four MinIO nodes with a drive each, two shards of parity. */
export async function startStore(room: ServerRoom, access: string, secret: string): Promise<readonly StoreNode[]> {
  const ports = await freePorts(4);
  const drives = ports.map((_, index) => join(room.folder, `minio-${index + 1}`, 'drive'));
  for (const drive of drives) await mkdir(drive, { recursive: true });
  const endpoints = ports.map((port, index) => `http://${HOST}:${port}${drives[index] ?? ''}`);
  return ports.map((port, index) => {
    const env = {
      MINIO_ROOT_USER: access,
      MINIO_ROOT_PASSWORD: secret,
      MINIO_STORAGE_CLASS_STANDARD: 'EC:2',
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CI_CD: '1',
      _MINIO_SERVER_LOCAL: `${HOST}:${port}`,
    };
    const start = (): Server =>
      room.start(minioProgram() ?? '', ['server', '--quiet', '--address', `${HOST}:${port}`, ...endpoints], { env });
    let server = start();
    return {
      name: `minio-${index + 1}`,
      url: `http://${HOST}:${port}`,
      drive: drives[index] ?? '',
      kill: () => server.kill(),
      start: () => {
        server = start();
      },
    };
  });
}

/** Waits until each of these does its work through every node. */
export async function untilEach(
  what: string,
  nodes: readonly StoreNode[],
  work: (node: StoreNode) => Promise<unknown>,
): Promise<void> {
  for (const node of nodes) await until(`${what} at ${node.name}`, () => work(node).then(() => true), 120_000);
}
