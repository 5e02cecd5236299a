import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Full path of the first of these programs that is installed, or undefined. */
export function program(...names: string[]): string | undefined {
  const paths = names.flatMap((name) => FOLDERS.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}

/** Folder with initdb and postgres of the newest version installed the way Debian does it, or undefined. */
export function postgresFolder(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** One real server in a process group of its own, with its output in a file. */
export interface Server {
  output(): string;
  /** To the whole group. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to the whole group; resolves once the process is gone. */
  kill(): Promise<void>;
  /** The exit code once the process has ended by itself. */
  readonly exited: Promise<number | null>;
}

/** A place for servers of one test file: a folder, and everything that was started there is ended with it. */
export class ServerRoom {
  readonly folder: string;
  readonly #servers: Server[] = [];
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<ServerRoom> {
    return new ServerRoom(await mkdtemp(join(tmpdir(), 'gameday-room-')));
  }

  /** Writes a file into the room; resolves to its path. */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }

  start(file: string, args: readonly string[], options: ServerOptions = {}): Server {
    this.#count += 1;
    const logFile = join(this.folder, `server-${this.#count}.log`);
    const descriptor = openSync(logFile, 'a');
    const child = spawn(file, args, {
      cwd: options.cwd ?? this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, ...options.env },
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    const server = serverOf(child, logFile);
    this.#servers.push(server);
    return server;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

function serverOf(child: ChildProcess, logFile: string): Server {
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, name);
  };
  return {
    exited,
    signal,
    output: () => readFileSync(logFile, 'utf8'),
    async kill() {
      signal('SIGKILL');
      await exited;
    },
  };
}

/** Ports free on 127.0.0.1 at this moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits until `look` gives something, and gives it on. Its last error is in the message when the limit comes first. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 60_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not seen within ${limitMs} ms: ${what}`, { cause: last });
}
