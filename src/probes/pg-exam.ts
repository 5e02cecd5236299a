export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  readonly connectTimeoutMs: number;
}

/** What one server says of itself, as far as a drill has to know it before anything is broken. */
export interface PostgresExam {
  readonly readOnly: boolean;
  /** May the user create the schema that the ledger needs? */
  readonly mayCreate: boolean;
  readonly synchronousStandbys: string;
  readonly synchronousCommit: string;
  /** Bytes of WAL that it has written or, as a standby, received; null: a standby that receives nothing. */
  readonly walBytes: number | null;
  /** Schemas that drills before this one left behind. */
  readonly leftovers: readonly string[];
}

const EXAM_SQL = `select current_setting('transaction_read_only') = 'on' as read_only,
  has_database_privilege(current_database(), 'CREATE') as may_create,
  current_setting('synchronous_standby_names') as standbys,
  current_setting('synchronous_commit') as synchronous_commit,
  pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, '0/0')::text as wal,
  array(select nspname::text from pg_namespace where nspname like 'gameday\\_%' order by 1) as leftovers`;

interface ExamRow {
  readonly read_only: boolean;
  readonly may_create: boolean;
  readonly standbys: string;
  readonly synchronous_commit: string;
  readonly wal: string | null;
  readonly leftovers: readonly string[];
}

/** Logs in once and looks. Rejects with the server's own words when it does not let us in. */
export async function examinePostgres(target: PostgresTarget, signal: AbortSignal): Promise<PostgresExam> {
  signal.throwIfAborted();
  const { default: pg } = await import('pg');
  const { host, port, database, user, password, connectTimeoutMs } = target;
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: connectTimeoutMs,
    application_name: 'gameday',
  });
  // Without a listener a connection that breaks between two steps would end the program; the step itself says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const [row] = (await client.query<ExamRow>(EXAM_SQL)).rows;
    if (row === undefined) throw new Error('no answer');
    return {
      readOnly: row.read_only,
      mayCreate: row.may_create,
      synchronousStandbys: row.standbys,
      synchronousCommit: row.synchronous_commit,
      walBytes: row.wal === null ? null : Number(row.wal),
      leftovers: row.leftovers,
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}
