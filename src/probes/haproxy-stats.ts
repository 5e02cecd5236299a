import type { Facts, Probe, Reading } from '../core/probe.ts';
import type { Endpoint, World } from '../world/world.ts';
import { csvFields } from './csv.ts';
import { readingOfFailure } from './http.ts';

export type StatsAddress = Endpoint | { readonly socket: string };

/** One server line of `show stat`. */
export interface StatServer {
  readonly backend: string;
  readonly name: string;
  /** As HAProxy says it: `UP`, `UP 1/3`, `DOWN`, `MAINT`, `no check`. */
  readonly status: string;
  /** Result of the last health check without the mark of a running one: `L7OK`, `L4CON`, `INI`, or empty. */
  readonly checkStatus: string;
  /** Failed checks that make it DOWN; undefined where HAProxy does not say. */
  readonly checkFall: number | undefined;
}

/** Answer to `show stat` that is none. */
export class StatsFormatError extends Error {
  constructor(problem: string) {
    super(`not an answer to "show stat": ${problem}`);
    this.name = 'StatsFormatError';
  }
}

const COLUMNS = ['pxname', 'svname', 'status', 'check_status'] as const;

/** Server lines (no FRONTEND, no BACKEND) of a `show stat` answer. Columns are found by their names, whatever their order. Throws StatsFormatError. */
export function parseShowStat(text: string): readonly StatServer[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (!header.startsWith('# ')) throw new StatsFormatError('the first line is no header');
  const names = csvFields(header.slice(2));
  const [proxy, server, status, check] = COLUMNS.map((name) => names.indexOf(name));
  if (
    proxy === undefined ||
    server === undefined ||
    status === undefined ||
    check === undefined ||
    [proxy, server, status, check].includes(-1)
  ) {
    throw new StatsFormatError(`one of the columns ${COLUMNS.join(', ')} is missing`);
  }
  const fall = names.indexOf('check_fall');
  const seen = new Set<string>();
  return lines.flatMap((line) => {
    const fields = csvFields(line);
    // HAProxy writes every field of every line: a shorter one was cut, and its last word may be half of another.
    if (fields.length < names.length) throw new StatsFormatError(`a line that was cut off: ${line.slice(0, 60)}`);
    const [backend, name, state] = [fields[proxy], fields[server], fields[status]];
    if (
      backend === undefined ||
      name === undefined ||
      state === undefined ||
      backend === '' ||
      name === '' ||
      state === ''
    ) {
      throw new StatsFormatError(`a line without name or status: ${line.slice(0, 60)}`);
    }
    if (name === 'FRONTEND' || name === 'BACKEND') return [];
    const key = JSON.stringify([backend, name]);
    if (seen.has(key)) throw new StatsFormatError(`two lines for ${backend}/${name}`);
    seen.add(key);
    return [
      {
        backend,
        name,
        status: state,
        checkStatus: (fields[check] ?? '').replace(/^\* /, ''),
        checkFall: count(fields[fall]),
      },
    ];
  });
}

function count(field: string | undefined): number | undefined {
  return field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined;
}

/** Servers of one backend, asked over the stats socket. Rejects with HttpFailure or StatsFormatError. */
export async function readServers(
  world: Pick<World, 'net'>,
  stats: StatsAddress,
  backend: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly StatServer[]> {
  const servers = parseShowStat(await world.net.exchange(stats, 'show stat\n', timeoutMs, signal));
  return servers.filter((server) => server.backend === backend);
}

/**
 * One word a server. `UP` only where an HTTP check has said so: servers start as UP before any check has run. Going
 * down (`UP 1/3`) is still UP for users, and named by what the check says; coming up (`DOWN 1/2`) is still DOWN.
 */
export function serverState(server: StatServer): string {
  const [word = server.status] = server.status.split(' ');
  if (word === 'DOWN') return 'DOWN';
  if (word !== 'UP') return server.status;
  if (server.status === 'UP' && server.checkStatus === 'L7OK') return 'UP';
  return server.checkStatus === '' || server.checkStatus === 'INI' ? 'UP (unchecked)' : `UP (${server.checkStatus})`;
}

export interface HaproxyProbeOptions {
  readonly name: string;
  readonly stats: StatsAddress;
  readonly backend: string;
  /** Servers that must be listed; one that is not is `missing`. */
  readonly servers: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * What HAProxy thinks of its servers. ok means that the statistics could be read; a fact for each server. Where none of
 * them is listed it is another HAProxy that answers: protocol.
 */
export function haproxyStatsProbe(world: Pick<World, 'net'>, options: HaproxyProbeOptions): Probe {
  const { name, stats, backend, servers, intervalMs, timeoutMs } = options;
  return {
    name,
    intervalMs,
    timeoutMs,
    user: false,
    target: `show stat on ${statsName(stats)}, backend ${backend}`,
    async sample(signal): Promise<Reading> {
      try {
        const seen = await readServers(world, stats, backend, timeoutMs, signal);
        if (!servers.some((wanted) => seen.some((server) => server.name === wanted))) {
          const detail = `backend ${backend} has no server ${servers.join(' or ')}: is it the right HAProxy?`;
          return { outcome: 'protocol', detail };
        }
        return { outcome: 'ok', facts: serverFacts(seen, servers) };
      } catch (error) {
        return readingOfFailure(error);
      }
    },
  };
}

export function serverFacts(seen: readonly StatServer[], servers: readonly string[]): Facts {
  const missing = servers.filter((name) => !seen.some((server) => server.name === name));
  return Object.fromEntries([
    ...seen.map((server) => [server.name, serverState(server)]),
    ...missing.map((name) => [name, 'missing']),
  ]);
}

export function statsName(stats: StatsAddress): string {
  return 'socket' in stats ? stats.socket : `${stats.host}:${stats.port}`;
}
