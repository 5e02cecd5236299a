import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { asPostgres, HOST, runAsPostgres } from './loss-servers.ts';
import { freePorts, type Server, type ServerRoom, until } from './real-servers.ts';

/** Shared memory that a killed server would leave in /dev/shm. */
const IN_ITS_FOLDER = ['-c', 'dynamic_shared_memory_type=mmap'];
/** Line of postmaster.pid, counted from 0, that ends with the id of the segment that a killed server leaves. */
const SEGMENT_LINE = 6;

/** A primary and a standby that streams from it, without anything that fails over. */
export class PostgresPair {
  readonly ports: readonly number[];
  readonly hosts: { readonly name: string; readonly host: string; readonly port: number }[];
  readonly #servers: Server[] = [];
  readonly #clients: pg.Client[] = [];
  readonly #start: (index: number) => Server;
  readonly #primaryFolder: string;

  private constructor(ports: readonly number[], primaryFolder: string, start: (index: number) => Server) {
    this.ports = ports;
    this.#primaryFolder = primaryFolder;
    this.hosts = ports.map((port, index) => ({ name: `pg-${index + 1}`, host: HOST, port }));
    this.#start = start;
  }

  /** `binaries`: the folder of initdb and postgres. Whatever was started ends with the room. */
  static async open(room: ServerRoom, binaries: string): Promise<PostgresPair> {
    const bin = (name: string): string => join(binaries, name);
    const ports = await freePorts(2);
    const place = join(room.folder, `pg-${ports[0]}`);
    const folders = [join(place, 'one'), join(place, 'two')] as const;
    await mkdir(place);
    if (process.getuid?.() === 0) execFileSync('chown', ['postgres', room.folder, place]);
    runAsPostgres(bin('initdb'), '-D', folders[0], '-A', 'trust', '-U', 'postgres', '-N');
    const pair = new PostgresPair(ports, folders[0], (index) => {
      const at = ['-D', folders[index] ?? '', '-p', String(ports[index]), '-h', HOST, '-k', '', ...IN_ITS_FOLDER];
      const [file, args] = asPostgres(bin('postgres'), ...at);
      return room.start(file, args, { cwd: '/' });
    });
    await pair.#serve(0);
    const copy = ['-D', folders[1], '-h', HOST, '-p', String(ports[0]), '-U', 'postgres'];
    runAsPostgres(bin('pg_basebackup'), ...copy, '-R', '-X', 'stream', '-c', 'fast');
    await pair.#serve(1);
    return pair;
  }

  /** 0 is the primary, 1 the standby. */
  async ask<Row extends pg.QueryResultRow>(index: 0 | 1, text: string): Promise<readonly Row[]> {
    const client = this.#clients[index];
    if (client === undefined) throw new Error(`pg-${index + 1} was not started`);
    return (await client.query<Row>(text)).rows;
  }

  /** Resolves when writes are acknowledged with the standby, or without it. */
  async replicate(how: 'sync' | 'async'): Promise<void> {
    await this.ask(0, `alter system set synchronous_standby_names = '${how === 'sync' ? '*' : ''}'`);
    await this.ask(0, 'select pg_reload_conf()');
    await until(`replication is ${how}`, async () => {
      const [row] = await this.ask<{ sync_state: string }>(0, 'select sync_state from pg_stat_replication');
      return row?.sync_state === how || undefined;
    });
  }

  /** The process that receives on the standby. */
  receiver(): Promise<number> {
    return until('the standby streams', async () => {
      const [row] = await this.ask<{ pid: number }>(
        1,
        "select pid from pg_stat_wal_receiver where status = 'streaming'",
      );
      return row?.pid;
    });
  }

  /** As a power cut: everything of the primary at once. It is no host any more. */
  async killPrimary(): Promise<void> {
    const rows = await this.ask<{ pid: number }>(0, 'select pid from pg_stat_activity where pid is not null');
    await this.#servers.shift()?.kill();
    // Backends have sessions of their own, and would outlive their postmaster for a moment.
    for (const { pid } of rows) killQuietly(pid);
    const pidFile = await readFile(join(this.#primaryFolder, 'postmaster.pid'), 'utf8');
    const segment = pidFile.split('\n')[SEGMENT_LINE]?.trim().split(/\s+/).at(-1);
    if (segment !== undefined) execFileSync('ipcrm', ['-m', segment]);
    this.hosts.shift();
  }

  /** `receiver` is one that stands still: it ends without a look at what has reached its socket meanwhile. */
  async promote(receiver: number): Promise<void> {
    process.kill(receiver, 'SIGTERM');
    process.kill(receiver, 'SIGCONT');
    await this.ask(1, 'select pg_promote(true, 60)');
  }

  /** A hard kill would leave a semaphore and shared memory behind. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end().catch(() => undefined)));
    for (const server of this.#servers) server.signal('SIGINT');
    await Promise.all(this.#servers.map((server) => server.exited));
  }

  async #serve(index: number): Promise<void> {
    this.#servers.push(this.#start(index));
    const client = await until(`pg-${index + 1} answers`, async () => {
      const one = new pg.Client({ host: HOST, port: this.ports[index], user: 'postgres', database: 'postgres' });
      one.on('error', () => undefined);
      await one.connect();
      return one;
    });
    this.#clients.push(client);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its postmaster.
  }
}
