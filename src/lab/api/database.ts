import pg from 'pg';
import { Component } from './component.ts';
import type { ApiConfig } from './config.ts';
import { textOf, Unavailable, within } from './limits.ts';
import type { Log } from './log.ts';

const CONNECT_MS = 400;
const ASK_MS = 400;
/** Long, because Postgres keeps a statement that waits for its standby: each one given up leaves a busy connection there. */
const STATEMENT_MS = 3000;
const REQUEST_MS = 4000;
const RETRY_PAUSE_MS = 100;

/** SQLSTATE of a statement about a table that is not there. */
const NO_TABLE = '42P01';

const TABLES = `
  create table if not exists rows (id text primary key, body text not null, stored_at timestamptz not null default now());
  create table if not exists ws_messages (
    session text not null, n bigint not null, served_by text not null,
    stored_at timestamptz not null default now(), primary key (session, n));`;

/** Any number: whoever creates the tables holds this lock, so that two instances do not do it at once. */
const TABLES_LOCK = 4_712_001;

/**
 * Postgres with several hosts of which one is the primary. Which one is asked, not configured: each host is asked
 * whether it is read-only, and after any error they are asked again, so that writes go on after a failover.
 */
export class Database {
  readonly component: Component;
  readonly #pools: readonly pg.Pool[];
  #primary: pg.Pool | undefined;
  #search: Promise<pg.Pool> | undefined;
  #tablesReady = false;

  constructor(config: ApiConfig['database'], log: Log) {
    this.#pools = config.hosts.map((host) => {
      const pool = new pg.Pool({
        ...host,
        database: config.database,
        user: config.user,
        ...(config.password === undefined ? {} : { password: config.password }),
        application_name: 'gameday-api',
        max: 4,
        idleTimeoutMillis: 30_000,
        connectionTimeoutMillis: CONNECT_MS,
        // A limit on our side only. A server-side limit would cancel a commit that waits for its standby, and Postgres
        // then reports as stored what is stored on one host alone.
        query_timeout: STATEMENT_MS,
      });
      // An idle connection that breaks is dropped by the pool; the check notices what it means.
      pool.on('error', () => this.component.suspect());
      return pool;
    });
    this.component = new Component({
      name: 'database',
      server: 'postgres',
      limitMs: 1000,
      log,
      check: () => this.#check(),
    });
  }

  /**
   * Runs one statement on the primary and tries again, also on another host, until its time is over. A statement may
   * so run twice: it must be harmless to repeat. Rejects with Unavailable, or with Postgres' error about the values.
   */
  async run<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const until = performance.now() + REQUEST_MS;
    for (;;) {
      try {
        const primary = this.#primary ?? (await this.#find());
        const limitMs = Math.max(1, Math.min(STATEMENT_MS + CONNECT_MS, until - performance.now()));
        return (await within(limitMs, 'statement', primary.query<Row>(text, [...values]))).rows;
      } catch (error) {
        if (isOurFault(error)) throw error;
        if (codeOf(error) === NO_TABLE) this.#tablesReady = false;
        this.#primary = undefined;
        this.component.suspect();
        if (performance.now() + RETRY_PAUSE_MS >= until) throw new Unavailable('database', error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  async close(): Promise<void> {
    this.component.stop();
    await Promise.allSettled(this.#pools.map((pool) => pool.end()));
  }

  async #check(): Promise<{ status: 'healthy'; message: string }> {
    let primary = this.#primary;
    try {
      if (primary !== undefined) await this.#ask(primary);
    } catch {
      // It is no primary any more, or gone: what the others say decides, and their error is the one reported.
      primary = undefined;
    }
    primary ??= await this.#find();
    if (!this.#tablesReady) {
      await primary.query(`begin; select pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES} commit;`);
      this.#tablesReady = true;
    }
    return { status: 'healthy', message: `primary is ${nameOf(primary)}` };
  }

  /** Asks all hosts at once; everybody who looks at the same time shares one search. */
  #find(): Promise<pg.Pool> {
    this.#primary = undefined;
    this.#search ??= Promise.any(this.#pools.map((pool) => this.#ask(pool)))
      .then((pool) => {
        this.#primary = pool;
        return pool;
      })
      .finally(() => {
        this.#search = undefined;
      });
    return this.#search;
  }

  async #ask(pool: pg.Pool): Promise<pg.Pool> {
    try {
      const answer = await within(ASK_MS, 'SHOW transaction_read_only', pool.query('show transaction_read_only'));
      if (answer.rows[0]?.transaction_read_only === 'off') return pool;
    } catch (error) {
      throw new Error(`${nameOf(pool)}: ${textOf(error)}`, { cause: error });
    }
    throw new Error(`${nameOf(pool)}: read-only`);
  }
}

/** The values are wrong (SQLSTATE 22 and 23): another try or another host would say the same. */
function isOurFault(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof pg.DatabaseError ? (error.code ?? '') : '';
}

function nameOf(pool: pg.Pool): string {
  return `${pool.options.host}:${pool.options.port}`;
}
