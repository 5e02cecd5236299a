import type { Client } from 'pg';
import { messageOf } from '../core/errors.ts';

export interface PostgresHost {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** How the hosts are reached, and how long one attempt may take. */
export interface PostgresAccess {
  readonly hosts: readonly PostgresHost[];
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  readonly timeoutMs: number;
}

/** One connection that a write can be made on, and what the server warned of meanwhile. */
export interface Session {
  readonly host: PostgresHost;
  readonly client: Client;
  warning: string | undefined;
  broken: boolean;
}

/** Asks every host at once: one that hangs must not keep us from one that serves. */
export async function firstWritable(options: PostgresAccess, signal: AbortSignal): Promise<Session> {
  let chosen: Session | undefined;
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const attempts = options.hosts.map(async (host) => {
    const session = await connect(options, host, either);
    try {
      const { rows } = await bounded(session, either, () =>
        session.client.query<{ transaction_read_only: string }>('show transaction_read_only'),
      );
      if (rows[0]?.transaction_read_only !== 'off') throw new Error(`${host.name} is read-only`);
    } catch (error) {
      drop(session);
      throw error;
    }
    if (chosen === undefined) chosen = session;
    else drop(session);
    settled.abort();
  });
  try {
    await Promise.any(attempts);
  } catch (error) {
    const causes = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error);
    throw new Error(`no host takes writes: ${causes}`);
  }
  if (chosen === undefined) throw new Error('no host takes writes');
  return chosen;
}

export async function connect(options: PostgresAccess, host: PostgresHost, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  const { default: pg } = await import('pg');
  const { database, user, password, timeoutMs } = options;
  const client = new pg.Client({
    host: host.host,
    port: host.port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    connectionTimeoutMillis: timeoutMs,
    application_name: 'gameday',
  });
  const session: Session = { host, client, warning: undefined, broken: false };
  client.on('error', () => {
    session.broken = true;
  });
  client.on('notice', (notice) => {
    if (notice.severity === 'WARNING') session.warning = notice.message;
  });
  try {
    await bounded(session, signal, () => client.connect());
  } catch (error) {
    drop(session);
    throw new Error(`${host.name}: ${messageOf(error)}`);
  }
  return session;
}

/** Ends the connection when the signal aborts: a query in flight then fails instead of hanging. */
export async function bounded<T>(session: Session, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      drop(session);
      reject(new Error(`no answer from ${addressOf(session.host)} in time`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

export function drop(session: Session): void {
  session.broken = true;
  // The connection is of no more use; how it ends does not matter.
  void session.client.end().catch(() => undefined);
}

export function addressOf(host: PostgresHost): string {
  return `${host.name} (${host.host}:${host.port})`;
}
