import { formatDuration } from '../core/duration.ts';
import { unreachable } from '../core/unreachable.ts';
import type { JournalRecord, RecordOf } from '../journal/events.ts';
import { RECORD_TEXT } from './record-text.ts';
import { alertName, auditText, faultDone, missedBecause, placeOf, suppressedText, writtenText } from './words.ts';

/** One line to be: its kind, its text, and its own time where that is not the record's (CLOCK_MONOTONIC in ms). */
export interface Line {
  readonly kind: string;
  readonly text: string;
  readonly t?: number;
}

/** What a record says by itself; samples and entries are for the caller to fold. `nodeOf` names the node of a fault id. */
export function textLines(record: JournalRecord, nodeOf: (fault: string) => string | undefined): readonly Line[] {
  switch (record.type) {
    case 'writer.started':
      return one('session', writerText(record));
    case 'session.started':
      return sessionLines(record);
    case 'check':
      return one('check', checkText(record));
    case 'scenario.started':
      return one('drill', `drill ${record.scenario} begins`);
    case 'scenario.ended':
      return one('drill', `drill ${record.scenario} ended: ${saidOnce(record.outcome, record.reason)}`);
    case 'phase.started':
      return one('phase', `${record.phase} begins`);
    case 'phase.ended':
      return one('phase', join(`${record.phase} ${record.ok ? 'done' : 'FAILED'}`, record.detail));
    case 'waiting':
      return one('wait', `${record.phase}: ${record.detail}`);
    case 'undo.armed':
      return one(
        'undo',
        `${record.undo.node.name}: the way back is on disk (${record.undo.action}); by hand: ${record.undo.byHand}`,
      );
    case 'fault.requested':
      return one(
        'fault',
        `${record.node.name}: ${record.action} requested, may take ${formatDuration(record.deadlineMs)}`,
      );
    case 'fault.settled':
      return one('fault', join(`${nodeOf(record.fault) ?? record.fault}: ${faultDone(record)}`, record.detail));
    case 'fault.proven':
      return one('fault', `${record.node} is gone, proven: ${record.platform}; ${record.independent}`);
    case 'fault.returned':
      return one('fault', `${record.node} CAME BACK by itself: ${record.detail}`);
    case 'undo.requested':
      return one('undo', `${record.node}: restore requested${record.attempt > 1 ? `, attempt ${record.attempt}` : ''}`);
    case 'undo.settled':
      return one('undo', undoText(record));
    case 'recovered':
      return one('recover', `good service is back: ${record.detail}`);
    case 'probe.missed':
      return [missedLine(record)];
    case 'observation':
      return [
        {
          kind: 'state',
          text: `${record.probe}: ${record.key} is ${record.to}${record.from === undefined ? '' : `, was ${record.from}`}`,
          t: record.notAfter,
        },
      ];
    case 'ledger.opened':
      return one('ledger', `${record.ledger} writes to a place of its own: ${record.namespace.what}`);
    case 'ledger.removed':
      return one('ledger', `${record.ledger}: what the drill wrote is removed`);
    case 'ledger.audited':
      return record.audits.map((audit) => ({
        kind: 'ledger',
        text: `${record.ledger} read back from ${auditText(audit)}`,
      }));
    case 'ledger.unread':
      return one('ledger', `${record.ledger} could not be read back: ${record.detail}`);
    case 'alert.changed':
      return [
        {
          kind: 'alert',
          text: `${alertName(record)} is ${record.to} in ${placeOf(record.where)}, was ${record.from}${suppressedText(record.suppressedBy)}`,
          t: record.notAfter,
        },
      ];
    case 'alert.baseline':
      return one('alert', baselineText(record));
    case 'alert.surveyed':
      return one('alert', surveyText(record));
    case 'alert.reachability':
      return one('alert', join(record.reachable ? 'alerts can be read' : 'alerts CANNOT be read', record.detail));
    case 'log.matched':
      return one(
        'log',
        `${record.node} (${record.expectation}${record.count > 1 ? `, ${record.count} lines` : ''}${writtenText(record)}): ${record.line}`,
      );
    case 'log.unreadable':
      return one('log', `the log of ${record.node} cannot be followed: ${record.detail}`);
    case 'note':
      return one('note', record.text);
    case 'gap':
      return one('gap', `${record.kind}: ${record.text}`);
    case 'abort':
      return one('abort', `the drill is ended at once: ${record.reason}`);
    case 'interrupted':
      return one(
        'session',
        `${record.signal} came (${record.count}): the session ends, and whatever is broken is restored`,
      );
    case 'guard.started':
      return one('session', `a guard watches (pid ${record.guard.pid}): it restores what is broken if gameday dies`);
    case 'guard.lost':
      return one('session', join('the guard is LOST', record.detail));
    case 'takeover':
      return one('session', join(takeoverText(record), record.reason));
    case 'suspended':
      return one('session', suspendedText(record));
    case 'gate.judged':
      return one('gate', gateText(record));
    case 'session.ended':
      return one('session', endedText(record));
    case 'session.sealed':
      return one('session', 'the journal is sealed');
    case 'samples':
    case 'ledger.entries':
    case 'scrapes.seen':
    case 'fault.command':
      return [];
    default:
      return unreachable(record);
  }
}

/** `requests: 6 looks missed (could not start in time)`. */
export function missedLine({
  probe,
  count,
  reason,
}: Pick<RecordOf<'probe.missed'>, 'probe' | 'count' | 'reason'>): Line {
  return {
    kind: 'probe',
    text: `${probe}: ${count} ${count === 1 ? 'look' : 'looks'} missed (${missedBecause(reason)})`,
  };
}

function one(kind: string, text: string): readonly Line[] {
  return [{ kind, text }];
}

function join(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

/** A reason that begins with the word itself needs it once. */
function saidOnce(word: string, reason: string): string {
  return reason === word || reason.startsWith(`${word}: `) ? reason : join(word, reason);
}

/** The headline names the verdict itself. */
function endedText({ verdict, exit, detail }: RecordOf<'session.ended'>): string {
  return detail.includes(`${verdict}: `) ? `exit ${exit}: ${detail}` : join(`${verdict}, exit ${exit}`, detail);
}

function writerText(record: RecordOf<'writer.started'>): string {
  const torn =
    record.tornBytes === undefined
      ? ''
      : `; the writer before died in the middle of a line (${record.tornBytes} bytes)`;
  return `gameday ${record.version} (${record.origin}) writes, pid ${record.pid} on ${record.host}${torn}`;
}

function sessionLines(record: RecordOf<'session.started'>): readonly Line[] {
  const drills = record.scenarios.map((plan) => plan.id).join(', ');
  return [
    {
      kind: 'session',
      text: `${record.session} on ${record.environment} (${record.kind}), profile ${record.profile}, drills: ${drills === '' ? 'none' : drills}`,
    },
    ...(record.acknowledged === undefined ? [] : [{ kind: 'session', text: RECORD_TEXT }]),
    ...record.scenarios.map((plan) => ({ kind: 'session', text: `${plan.id}: ${plan.title}` })),
    ...record.notDrilled.map((one) => ({ kind: 'session', text: `${one.id} not drilled: ${one.reason}` })),
  ];
}

function checkText({ check }: RecordOf<'check'>): string {
  if (check.status === 'ok') return join(`${check.name}: ok`, check.detail);
  const hint = check.hint === '' ? '' : `. Next: ${check.hint}`;
  return `${join(`${check.name}: ${check.status.toUpperCase()}`, check.detail)}${hint}`;
}

function undoText(record: RecordOf<'undo.settled'>): string {
  if (record.outcome === 'restored') return `${record.node} is restored: ${record.verifiedBy}`;
  return `${join(`${record.node} is NOT RESTORED`, record.detail)}. By hand: ${record.byHand}`;
}

function baselineText(record: RecordOf<'alert.baseline'>): string {
  const active = [...new Set(record.active.map((alert) => alert.name))].join(', ');
  return `${record.rules.length} alert rules loaded, active before the fault: ${active === '' ? 'none' : active}`;
}

function surveyText({ rules, inputs, problems }: RecordOf<'alert.surveyed'>): string {
  const told = rules.map(({ name, forMs, intervalMs }) => {
    const read = inputs.filter((input) => input.rule === name).map((input) => `${input.selector} (${input.series})`);
    const every = `for ${formatDuration(forMs)}, evaluated each ${formatDuration(intervalMs)}`;
    return `${name} ${every}${read.length === 0 ? '' : `, reads ${read.join(', ')}`}`;
  });
  return [...(told.length === 0 ? ['no expected alert has a rule'] : told), ...problems].join('; ');
}

function takeoverText({ by }: RecordOf<'takeover'>): string {
  return `${by === 'guard' ? 'the guard' : 'gameday recover'} takes over from gameday`;
}

function suspendedText({ ms, who }: RecordOf<'suspended'>): string {
  const what = who === 'machine' ? 'the machine slept' : 'gameday itself stood still';
  return `${what} for ${formatDuration(ms)} at most: what was measured around it proves nothing`;
}

function gateText({ gate, result }: RecordOf<'gate.judged'>): string {
  const limit = result.limit === '' ? '' : ` (${result.limit})`;
  const sure = result.uncertainty === '' ? '' : ` [${result.uncertainty}]`;
  return `${result.status} ${gate}: ${result.measured}${limit}${sure}${result.reason === '' ? '' : ` - ${result.reason}`}`;
}
