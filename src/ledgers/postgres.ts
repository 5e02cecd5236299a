import type { Client } from 'pg';
import { messageOf } from '../core/errors.ts';
import type { Audit, Counted, Ledger, LedgerEntry, WriteResult } from '../core/ledger.ts';
import type { World } from '../world/world.ts';
import { caughtUp } from './caught-up.ts';
import { compareEntries, type Found } from './compare.ts';
import {
  addressOf,
  bounded,
  connect,
  drop,
  firstWritable,
  type PostgresAccess,
  type Session,
} from './postgres-session.ts';
import { countStale, type SeenBefore } from './stale.ts';

export interface PostgresLedgerOptions extends PostgresAccess {
  readonly name: string;
  /** Makes the schema one of its own. */
  readonly namespace: string;
  readonly intervalMs: number;
}

/** Kept small: a commit that hangs for want of a standby holds its backend after the client has left. */
const CONCURRENCY = 4;
/** How long a standby may take to replay what the primary holds; one that has not by then is not read. */
const REPLAY_WAIT_MS = 15_000;

/**
 * Inserts increasing numbers, autocommitted, into a table of its own. A write takes an idle connection or asks all
 * hosts at once and keeps the first that says it is not read-only; after any error the connection is thrown away. Each
 * write reads the highest number that is there before it: less than an earlier acknowledged write left is a stale read.
 */
export function postgresLedger(world: Pick<World, 'clock'>, options: PostgresLedgerOptions): Ledger {
  const schema = `gameday_${options.namespace}`;
  const seen: SeenBefore[] = [];
  const idle: Session[] = [];

  const take = async (signal: AbortSignal): Promise<Session> => {
    for (let session = idle.pop(); session !== undefined; session = idle.pop()) if (!session.broken) return session;
    return firstWritable(options, signal);
  };
  const withWritable = async <T>(signal: AbortSignal, use: (client: Client) => Promise<T>): Promise<T> => {
    const session = await firstWritable(options, signal);
    try {
      return await bounded(session, signal, () => use(session.client));
    } finally {
      drop(session);
    }
  };

  return {
    name: options.name,
    target: `INSERT into ${schema}.entries through ${options.hosts.map(addressOf).join(', ')}`,
    intervalMs: options.intervalMs,
    timeoutMs: options.timeoutMs,
    concurrency: CONCURRENCY,
    user: false,
    namespace: { what: `schema ${schema}`, byHand: `drop schema ${schema} cascade` },

    async open(signal) {
      await withWritable(signal, async (client) => {
        await client.query(`create schema ${schema}`);
        // No key: a write that was carried out twice has to be seen twice.
        await client.query(`create table ${schema}.entries (id bigint not null, content text not null)`);
        await client.query(`create index on ${schema}.entries (id)`);
      });
    },

    async write(id, signal) {
      let session: Session;
      try {
        session = await take(signal);
      } catch (error) {
        return { outcome: 'rejected', detail: `not sent: ${messageOf(error)}` };
      }
      session.warning = undefined;
      try {
        const insert = `insert into ${schema}.entries (id, content) values ($1, $2)
          returning (select max(id) from ${schema}.entries)::text as last`;
        const { rows } = await bounded(session, signal, () =>
          session.client.query<{ last: string | null }>(insert, [id, contentOf(schema, id)]),
        );
        seen.push({ id, last: Number(rows[0]?.last ?? 0) });
      } catch (error) {
        drop(session);
        return failedWrite(error, session.host.name);
      }
      // "Committed locally, but might not have been replicated": the commit was reported and the promise was not.
      if (session.warning !== undefined) {
        drop(session);
        return { outcome: 'indeterminate', detail: `${session.host.name}: ${session.warning}` };
      }
      idle.push(session);
      return { outcome: 'acked', detail: session.host.name };
    },

    async audit(entries, signal) {
      const primary = await firstWritable(options, signal);
      try {
        const position = await bounded(primary, signal, () => lsnOf(primary.client, 'pg_current_wal_lsn()'));
        const held = await readAll(primary, schema, signal);
        const order = held.map(({ id }) => id).sort((a, b) => a - b);
        const audits = [auditOf(primary, entries, held, countStale(entries, seen, order))];
        for (const host of options.hosts.filter((one) => one.name !== primary.host.name)) {
          // A replica that cannot be read vouches for nothing: the whole audit is then not made.
          const standby = await connect(options, host, signal);
          try {
            const wait = { replica: host.name, waitMs: REPLAY_WAIT_MS };
            await caughtUp(world.clock, wait, () => notReplayed(standby, position, signal), signal);
            // Nobody promises fresh reads of a standby.
            audits.push(auditOf(standby, entries, await readAll(standby, schema, signal), null));
          } finally {
            drop(standby);
          }
        }
        return audits;
      } finally {
        drop(primary);
      }
    },

    async remove(signal) {
      for (const session of idle.splice(0)) drop(session);
      await withWritable(signal, (client) => client.query(`drop schema if exists ${schema} cascade`));
    },
  };
}

/**
 * What a failed INSERT means. The server's own ERROR rolled the statement back; FATAL, PANIC or a lost connection can
 * come after the commit and before the answer.
 */
export function failedWrite(error: unknown, host: string): WriteResult {
  const detail = `${host}: ${messageOf(error)}`;
  const severity = error instanceof Error && 'severity' in error ? error.severity : undefined;
  return { outcome: severity === 'ERROR' ? 'rejected' : 'indeterminate', detail };
}

async function lsnOf(client: Client, expression: string): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>(`select ${expression}::text as lsn`);
  return rows[0]?.lsn ?? '0/0';
}

/** Where a standby stands that has not replayed this far; undefined when it has. */
async function notReplayed(standby: Session, position: string, signal: AbortSignal): Promise<string | undefined> {
  const { rows } = await bounded(standby, signal, () =>
    standby.client.query<{ done: boolean | null; at: string | null }>(
      'select pg_last_wal_replay_lsn() >= $1::pg_lsn as done, pg_last_wal_replay_lsn()::text as at',
      [position],
    ),
  );
  return rows[0]?.done === true ? undefined : `replayed ${rows[0]?.at ?? 'nothing'} of ${position}`;
}

async function readAll(session: Session, schema: string, signal: AbortSignal): Promise<readonly Found[]> {
  const { rows } = await bounded(session, signal, () =>
    session.client.query<{ id: string; content: string }>(`select id::text, content from ${schema}.entries`),
  );
  return rows.map((row) => ({ id: Number(row.id), intact: row.content === contentOf(schema, Number(row.id)) }));
}

function auditOf(session: Session, entries: readonly LedgerEntry[], held: readonly Found[], stale: Counted): Audit {
  return compareEntries(session.host.name, entries, held, { stale });
}

function contentOf(schema: string, id: number): string {
  return `${schema}-${id}`;
}
