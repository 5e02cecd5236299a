import { formatDuration } from '../core/duration.ts';
import type { Step } from '../core/scenario.ts';
import type { RecordOf } from '../journal/events.ts';
import type { FaultView, JournalView, ScenarioView } from '../journal/view.ts';
import { type AlertChange, alertChanges } from './alert-changes.ts';
import { type Change, serviceChanges, stateChanges } from './changes.ts';
import type { Finding } from './findings.ts';
import type { Moment, Moments } from './moment.ts';
import { runbookStep } from './runbook-step.ts';
import { auditText, faultDone, writtenText } from './words.ts';

/** A row of the report's table. Keys in the order of its columns; `gap` is empty where nothing was found. */
export interface TimelineRow {
  readonly timestamp: string;
  readonly action: string;
  readonly observation: string;
  /** `a-postgres-failover.md # Detection`, or `none`. */
  readonly runbook: string;
  readonly gap: string;
}

interface Entry {
  readonly moment: Moment;
  readonly action: string;
  readonly observation: string;
  /** The runbook step that a person would be at. */
  readonly step: Step;
  readonly gap?: string;
}

/** Everything worth a row in one drill, in order of time. `findings` are those of this scenario. */
export function timeline(
  view: JournalView,
  scenario: ScenarioView,
  findings: readonly Finding[],
  moments: Moments,
): readonly TimelineRow[] {
  const fault = firstFault(scenario);
  const entries: Entry[] = [
    ...scenario.faults.flatMap(faultEntries),
    ...stateChanges(scenario).map((one) => changeEntry('State', one)),
    ...serviceChanges(scenario).map((one) => changeEntry('Service', one)),
    ...alertChanges(scenario.alerts).map(alertEntry),
    ...unreachability(scenario).map(reachEntry),
    ...firstLogs(scenario).map(logEntry),
    ...scenario.unreadableLogs.map((log) =>
      entry(log, `Log of ${log.node}`, `cannot be followed: ${log.detail}`, 'detect'),
    ),
    ...(scenario.recovered ? [entry(scenario.recovered, 'Recovered', scenario.recovered.detail, 'mitigate')] : []),
    ...scenario.audits.flatMap((audited) =>
      audited.audits.map((audit) => entry(audited, `Read back ${audited.ledger}`, auditText(audit), 'verify')),
    ),
    ...scenario.unread.map((one) =>
      entry(one, `Read back ${one.ledger}`, `could not be read: ${one.detail}`, 'verify'),
    ),
    ...scenario.aborts.map((abort) => entry(abort, 'ABORT', abort.reason, 'recover')),
    ...findings.map((one) => ({
      moment: one.moment,
      action: 'Finding',
      observation: one.kind,
      step: stepAt(scenario, one.moment),
      gap: one.text,
    })),
  ];
  return entries
    .sort((a, b) => moments.compare(a.moment, b.moment))
    .map((one) => ({
      timestamp: moments.stamp(one.moment, fault),
      action: one.action,
      observation: one.observation,
      runbook: runbookStep(view.started?.runbooks ?? [], scenario.plan, one.step) ?? 'none',
      gap: one.gap ?? '',
    }));
}

/** When the scenario's clock began, if it did. */
function firstFault(scenario: ScenarioView): Moment | undefined {
  const requested = scenario.faults.find((fault) => fault.requested !== undefined)?.requested;
  return requested === undefined ? undefined : { seq: requested.seq, t: requested.t };
}

function entry(
  record: { readonly seq: number; readonly t: number },
  action: string,
  observation: string,
  step: Step,
): Entry {
  return { moment: { seq: record.seq, t: record.t }, action, observation, step };
}

function faultEntries(fault: FaultView): readonly Entry[] {
  const { node, requested, settled, proven, returned, undoRequested, undoSettled } = fault;
  const entries: Entry[] = [];
  if (requested !== undefined) {
    entries.push(entry(requested, `Fault: ${requested.action} ${node.name}`, faultText(requested, settled), 'fault'));
  }
  if (proven !== undefined) {
    entries.push(entry(proven, `Proof: ${node.name} is gone`, `${proven.platform}; ${proven.independent}`, 'fault'));
  }
  if (returned !== undefined) entries.push(entry(returned, `Came back: ${node.name}`, returned.detail, 'diagnose'));
  if (undoRequested !== undefined) {
    entries.push(
      entry(undoRequested, `Undo: ${fault.undo.action} ${node.name}`, `by hand: ${fault.undo.byHand}`, 'recover'),
    );
  }
  if (undoSettled !== undefined) entries.push(undoEntry(undoSettled, undoRequested));
  return entries;
}

function faultText(requested: RecordOf<'fault.requested'>, settled: RecordOf<'fault.settled'> | undefined): string {
  if (settled === undefined) return 'the journal does not say how the command ended';
  const after = ` after ${formatDuration(settled.t - requested.t)}`;
  return `${faultDone(settled)}${after}${settled.detail === '' ? '' : `: ${settled.detail}`}`;
}

function undoEntry(settled: RecordOf<'undo.settled'>, requested: RecordOf<'undo.requested'> | undefined): Entry {
  if (settled.outcome === 'not-restored') {
    return entry(settled, `NOT RESTORED: ${settled.node}`, `${settled.detail}. By hand: ${settled.byHand}`, 'recover');
  }
  const took =
    requested === undefined ? '' : ` (${formatDuration(settled.t - requested.t)} after the undo was requested)`;
  return entry(settled, `Restored: ${settled.node}`, `${settled.verifiedBy}${took}`, 'recover');
}

function changeEntry(action: string, change: Change): Entry {
  return { moment: change.moment, action, observation: change.text, step: 'diagnose' };
}

function alertEntry({ action, observation, moment }: AlertChange): Entry {
  return { moment, action, observation, step: 'detect' };
}

/** That alerts can be read from the beginning is no news. */
function unreachability({ alertReachability }: ScenarioView): readonly RecordOf<'alert.reachability'>[] {
  return alertReachability.filter((one, index) => index > 0 || !one.reachable);
}

function reachEntry(one: RecordOf<'alert.reachability'>): Entry {
  return entry(one, 'Alerts', `${one.reachable ? 'can be read again' : 'CANNOT be read'}: ${one.detail}`, 'detect');
}

/** The first match of each expectation on each node; later ones only count. */
function firstLogs({ logs }: ScenarioView): readonly RecordOf<'log.matched'>[] {
  return logs.filter(
    (log, index) => logs.findIndex((one) => one.expectation === log.expectation && one.node === log.node) === index,
  );
}

function logEntry(log: RecordOf<'log.matched'>): Entry {
  return entry(log, `Log of ${log.node}`, `${log.expectation}${writtenText(log)}: ${log.line}`, 'detect');
}

/** What a person would have been at when a finding was made. */
function stepAt(scenario: ScenarioView, moment: Moment): Step {
  const phase = scenario.phases.findLast((one) => one.startedAt <= moment.t)?.phase;
  switch (phase) {
    case 'restore':
      return 'recover';
    case 'verify':
    case 'judge':
      return 'verify';
    case 'inject':
      return 'fault';
    case 'observe':
      return 'mitigate';
    case 'preflight':
    case 'steady':
    case undefined:
      return 'diagnose';
  }
}
