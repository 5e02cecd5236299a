import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { examinePostgres, type PostgresExam } from '../probes/pg-exam.ts';
import { failoverTime, type Monitor, type MonitorNode, type MonitorSettings, stateOf } from '../probes/pg-monitor.ts';
import type { PostgresSettings } from './a-postgres-failover.ts';
import { at, okCheck } from './evidence.ts';
import { sumText } from './sums.ts';

export interface PostgresPreflight {
  readonly settings: PostgresSettings;
  readonly password: string | undefined;
  readonly monitor: Monitor;
  readonly connectTimeoutMs: number;
}

/** One WAL segment: more is no standby that follows. */
const MOST_LAG_BYTES = 16 * 1_024 * 1_024;
/** A margin smaller than this is worth a warning. */
const NARROW_MS = 10_000;

/** Everything that must be true before Postgres may be broken. Never throws. */
export async function preflightPostgres(input: PostgresPreflight, signal: AbortSignal): Promise<readonly Check[]> {
  const { settings, monitor, password, connectTimeoutMs } = input;
  const { database, user } = settings;
  const [formation, timing, exams] = await Promise.all([
    settle(monitor.nodes(signal)),
    settle(monitor.settings(signal)),
    Promise.all(
      settings.nodes.map((one) =>
        settle(examinePostgres({ ...one, database, user, password, connectTimeoutMs }, signal)),
      ),
    ),
  ]);
  const checks: Check[] = [];
  if ('error' in formation) {
    checks.push({
      name: 'monitor',
      status: 'blocked',
      detail: `the monitor at ${at(settings.monitor)} cannot be read: ${formation.error}`,
      hint: 'start the monitor, or correct scenarios.A.monitor (host, port, database, user, password)',
    });
  } else {
    checks.push(okCheck('monitor', `${at(settings.monitor)} answers`));
    for (const { name, host, port } of settings.nodes) checks.push(memberCheck(name, { host, port }, formation.value));
    checks.push(primaryCheck(formation.value));
  }
  settings.nodes.forEach((one, index) => {
    const exam = exams[index];
    if (exam !== undefined) checks.push(loginCheck(one.name, at(one), user, exam));
  });
  checks.push(
    ...lagChecks(
      settings.nodes.map(({ name }) => name),
      exams,
    ),
  );
  checks.push(...replicationChecks(exams, settings.maxLost));
  checks.push('value' in timing ? attainability(timing.value, settings.rto) : untold(timing.error, settings.rto));
  return checks;
}

function memberCheck(
  name: string,
  where: { readonly host: string; readonly port: number },
  nodes: readonly MonitorNode[],
): Check {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) {
    const known = nodes.map((one) => `${one.name} (${one.host}:${one.port})`).join(', ') || 'none';
    return {
      name: `node ${name}`,
      status: 'blocked',
      detail: `the monitor does not know ${name} at ${at(where)}; it knows ${known}`,
      hint: `give ${name} the host and port, or the name, that the monitor has for it`,
    };
  }
  const state = stateOf(node);
  if (node.health !== 'good' || (state !== 'primary' && state !== 'secondary')) {
    return {
      name: `node ${name}`,
      status: 'blocked',
      detail: `${name} is ${state} with health ${node.health} on the monitor: it is down or not in place yet`,
      hint: `bring ${name} back (see the runbook), wait until it is primary or secondary, and run again`,
    };
  }
  return okCheck(`node ${name}`, `${name} is ${state}, health ${node.health}`);
}

function primaryCheck(nodes: readonly MonitorNode[]): Check {
  const primaries = nodes.filter((one) => stateOf(one) === 'primary');
  if (primaries.length === 1) return okCheck('primary', `${primaries[0]?.name} is primary`);
  return {
    name: 'primary',
    status: 'blocked',
    detail: `the monitor names ${primaries.length} primaries`,
    hint: 'wait for the formation to come to rest: pg_autoctl show state',
  };
}

function loginCheck(name: string, where: string, user: string, exam: Settled<PostgresExam>): Check {
  if ('error' in exam) {
    return {
      name: `login ${name}`,
      status: 'blocked',
      detail: `${name} at ${where} does not let ${user} in: ${exam.error}`,
      hint: `start ${name}, or correct scenarios.A.user, password and database`,
    };
  }
  if (!exam.value.mayCreate) {
    return {
      name: `login ${name}`,
      status: 'blocked',
      detail: `${user} may not create a schema on ${name}, and the ledger needs one of its own`,
      hint: `grant it: GRANT CREATE ON DATABASE … TO ${user}`,
    };
  }
  return okCheck(`login ${name}`, `${user} may write to ${where}`);
}

/** Is every standby really a copy, at this moment? The monitor calls one secondary that lags by less than it allows. */
export function lagChecks(
  names: readonly string[],
  exams: readonly (Settled<Pick<PostgresExam, 'readOnly' | 'walBytes'>> | undefined)[],
): readonly Check[] {
  const seen = names.flatMap((name, index) => {
    const exam = exams[index];
    return exam !== undefined && 'value' in exam ? [{ name, ...exam.value }] : [];
  });
  const primary = seen.find((one) => !one.readOnly);
  if (primary === undefined || primary.walBytes === null) return [];
  const written = primary.walBytes;
  return seen
    .filter((one) => one.readOnly)
    .map(({ name, walBytes }): Check => {
      const check = `replica ${name}`;
      const hint = `wait until ${name} has caught up (pg_stat_replication on ${primary.name}), and run again`;
      if (walBytes === null || !Number.isFinite(walBytes))
        return { name: check, status: 'blocked', detail: `${name} receives no WAL from ${primary.name}`, hint };
      // The two were not asked in the same moment: a standby may be ahead.
      const lag = Math.max(0, written - walBytes);
      const text = `${name} is ${Math.ceil(lag / 1_024)} KiB behind ${primary.name}`;
      if (lag <= MOST_LAG_BYTES) return okCheck(check, text);
      return { name: check, status: 'blocked', detail: `${text}: it is no copy that could take over`, hint };
    });
}

/** The promise holds under synchronous replication only: say when it is not in force. */
function replicationChecks(exams: readonly Settled<PostgresExam>[], maxLost: number): readonly Check[] {
  const primary = exams.flatMap((exam) => ('value' in exam && !exam.value.readOnly ? [exam.value] : []))[0];
  const checks: Check[] = [];
  if (primary !== undefined) {
    const off = ['off', 'local'].includes(primary.synchronousCommit);
    if (off || primary.synchronousStandbys === '') {
      const why = off
        ? `synchronous_commit is ${primary.synchronousCommit}`
        : 'no standby is waited for (synchronous_standby_names is empty)';
      checks.push({
        name: 'replication',
        status: 'warning',
        detail: `replication is not synchronous: ${why}; at most ${maxLost} acknowledged writes may be lost, and nothing ensures it`,
        hint: 'pg_autoctl set node replication-quorum true; pg_autoctl set formation number-sync-standbys 0 or more',
      });
    } else {
      checks.push(okCheck('replication', `synchronous: ${primary.synchronousStandbys}`));
    }
  }
  const leftovers = exams.flatMap((exam) => ('value' in exam && !exam.value.readOnly ? exam.value.leftovers : []));
  if (leftovers.length > 0) {
    checks.push({
      name: 'leftovers',
      status: 'warning',
      detail: `schemas of earlier drills are left: ${leftovers.join(', ')}`,
      hint: 'drop them when no drill runs: DROP SCHEMA … CASCADE',
    });
  }
  return checks;
}

/** Can the failover be over in time with these settings? */
export function attainability(settings: MonitorSettings, rtoMs: number): Check {
  const { leastMs, mostMs } = failoverTime(settings);
  const parts = [
    { name: 'unhealthy', ms: settings.unhealthyMs },
    { name: 'demote', ms: settings.demoteMs },
  ];
  const target = `the target of ${formatDuration(rtoMs)}`;
  const takes = `${sumText(parts, rtoMs)}, and with the checks a failover takes ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`;
  const hint =
    'lower pgautofailover.node_considered_unhealthy_timeout and pgautofailover.primary_demote_timeout on the monitor, then reload it';
  const name = 'attainable';
  if (leastMs >= rtoMs) return { name, status: 'unattainable', detail: `${takes}: ${target} cannot be met`, hint };
  const marginMs = rtoMs - mostMs;
  if (marginMs < 0) return { name, status: 'warning', detail: `${takes}: ${target} may be missed`, hint };
  if (marginMs < NARROW_MS) {
    const detail = `${takes}: ${target} is met with a margin under ${formatDuration(NARROW_MS)}`;
    return { name, status: 'warning', detail, hint };
  }
  return okCheck(name, takes);
}

function untold(error: string, rtoMs: number): Check {
  return {
    name: 'attainable',
    status: 'warning',
    detail: `the monitor does not tell its timeouts, so whether ${formatDuration(rtoMs)} can be met is not known: ${error}`,
    hint: "look at them on the monitor: SELECT name, setting FROM pg_settings WHERE name LIKE 'pgautofailover.%'",
  };
}

type Settled<T> = { readonly value: T } | { readonly error: string };

async function settle<T>(work: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
