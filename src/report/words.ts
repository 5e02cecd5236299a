import type { AlertState } from '../core/alert.ts';
import type { Audit } from '../core/ledger.ts';
import { LOG_CLOCK_TOLERANCE_MS } from '../core/scenario.ts';
import { wallOf } from '../core/time.ts';
import type { FaultSettled, ProbeMissed, RecordOf } from '../journal/events.ts';

/** `PostgresNodeDown (pg-1)`, or with all its labels where it names no node. */
export function alertName(alert: { readonly name: string; readonly labels: AlertState['labels'] }): string {
  const node = alert.labels.node;
  if (node !== undefined) return `${alert.name} (${node})`;
  const labels = Object.entries(alert.labels)
    .filter(([key]) => key !== 'alertname')
    .map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? alert.name : `${alert.name} (${labels.join(', ')})`;
}

/** `, silenced by 6f1e…`: why nobody hears of it. Empty for an alert that is not suppressed. */
export function suppressedText(by: AlertState['suppressedBy']): string {
  if (by === undefined) return '';
  const silences = by.silences.map((id) => `, silenced by ${id}`);
  const alerts = by.alerts.map((name) => `, inhibited by ${name}`);
  return [...silences, ...alerts].join('');
}

/** `, written 2026-11-20T09:30:00.123Z`: a log line's own time, where it is another than that of the look. */
export function writtenText({ at, writtenAt }: RecordOf<'log.matched'>): string {
  if (writtenAt === undefined) return '';
  const apartMs = Math.abs((wallOf(at) ?? NaN) - (wallOf(writtenAt) ?? NaN));
  return apartMs <= LOG_CLOCK_TOLERANCE_MS ? '' : `, written ${writtenAt}`;
}

export function placeOf(where: AlertState['where']): string {
  return where === 'prometheus' ? 'Prometheus' : 'Alertmanager';
}

export function faultDone({ outcome, commandGiven }: Pick<FaultSettled, 'outcome' | 'commandGiven'>): string {
  if (commandGiven === false) return 'no fault command was given';
  switch (outcome) {
    case 'applied':
      return 'the fault command is done';
    case 'failed':
      return 'the fault command FAILED';
    case 'indeterminate':
      return 'the fault command ran out of time, it may have worked';
  }
}

/** `pg-2: 812 acknowledged, 0 lost` (of them seeds, where there are some), every other count that is not zero, and what was not looked at. */
export function auditText(audit: Audit): string {
  const words = ['recovered', 'unexpected', 'duplicated', 'corrupted', 'stale'] as const;
  const seen = words.filter((key) => (audit[key] ?? 0) > 0).map((key) => `, ${audit[key]} ${key}`);
  const unseen = words.filter((key) => audit[key] === null);
  const rest = unseen.length === 0 ? '' : `; not looked at: ${unseen.join(', ')}`;
  const seeds = audit.seeds ? ` (${audit.seeds} of them put before the drill’s writes)` : '';
  return `${audit.replica}: ${audit.acked} acknowledged${seeds}, ${audit.lost} lost${seen.join('')}${rest}`;
}

/** Why a tick gave no sample. */
export function missedBecause(reason: ProbeMissed['reason']): string {
  switch (reason) {
    case 'late':
      return 'could not start in time';
    case 'in-flight':
      return 'too many in flight';
    case 'stood-still':
      return 'gameday stood still';
  }
}
