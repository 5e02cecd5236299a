import { formatDuration } from '../../core/duration.ts';
import type { GateResult } from '../../core/gate.ts';
import type { Audit } from '../../core/ledger.ts';
import type { EntryView, ScenarioView } from '../../journal/view.ts';
import { faultMoment, type Moment, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { readCount, readText } from '../params.ts';
import { countText, plural } from '../text.ts';

export type DataParams = {
  readonly ledger: string;
  /** Acknowledged writes that may be lost; null: any number, but it is reported. */
  readonly maxLost: number | null;
};

const COUNTS = ['acked', 'lost', 'recovered', 'unexpected', 'duplicated', 'corrupted', 'stale'] as const;

/** What was acknowledged is there, right and once, on every replica that was read. */
export const data = defineGate<DataParams>(
  'data',
  (params) => ({
    ledger: readText(params, 'ledger'),
    maxLost: params.maxLost === null ? null : readCount(params, 'maxLost', 0),
  }),
  judge,
);

function judge(params: DataParams, context: ScenarioContext): GateResult {
  const { scenario } = context;
  const limit =
    params.maxLost === null
      ? 'counted, no limit'
      : params.maxLost === 0
        ? 'none lost'
        : `at most ${countText(params.maxLost)} lost`;
  const record = scenario.audits.findLast((one) => one.ledger === params.ledger);
  const unread = scenario.unread.findLast((one) => one.ledger === params.ledger);
  if (unread !== undefined && (record === undefined || unread.seq > record.seq)) {
    return inconclusive(`the ledger could not be read back: ${unread.detail}`, {
      limit,
      evidence: [{ seq: unread.seq }],
    });
  }
  if (record === undefined || record.audits.length === 0) return inconclusive('the ledger was not audited', { limit });
  const entries = scenario.entries.get(params.ledger) ?? [];
  const acked = entries.filter((entry) => entry.outcome === 'acked');
  const flaw = flawOf(record.audits, acked, context);
  if (flaw !== undefined) return inconclusive(flaw, { limit, evidence: [{ seq: record.seq }] });

  const most = (of: (audit: Audit) => number) => Math.max(...record.audits.map(of));
  const lost = most((audit) => audit.lost);
  const wrong = {
    corrupted: most((audit) => audit.corrupted),
    duplicated: most((audit) => audit.duplicated),
    unexpected: most((audit) => audit.unexpected),
    stale: most((audit) => audit.stale),
  };
  const texts = Object.entries(wrong).flatMap(([word, count]) => (count > 0 ? [`${countText(count)} ${word}`] : []));
  const tooMany = params.maxLost !== null && lost > params.maxLost;
  const misread = wrong.corrupted + wrong.duplicated + wrong.unexpected + wrong.stale > 0;
  const window = lost > 0 ? lossText(record.audits, acked, faultMoment(scenario.faults)) : '';
  const reasons = [...(lost > 0 ? [`${plural(lost, 'acknowledged write')} lost${window}`] : []), ...texts];
  return {
    status: tooMany || misread ? 'FAIL' : 'PASS',
    measured: [`${countText(lost)} of ${countText(acked.length)} lost`, ...texts].join(', '),
    limit,
    uncertainty: indeterminateText(entries, record.audits),
    reason: reasons.join('; '),
    value: lost,
    unit: 'count',
    evidence: evidenceOf({ seq: record.seq }, ...lostEntries(record.audits, acked)),
  };
}

/** Why these audits prove nothing; undefined when they do. */
function flawOf(
  audits: readonly Audit[],
  acked: readonly EntryView[],
  { scenario, journal }: ScenarioContext,
): string | undefined {
  for (const audit of audits) {
    const bad = COUNTS.find((name) => !Number.isInteger(audit[name]) || audit[name] < 0);
    if (bad !== undefined) return `the audit of ${audit.replica} gives no number for ${bad}`;
    if (audit.lost > audit.acked) {
      return `the audit of ${audit.replica} says that ${countText(audit.lost)} of ${countText(audit.acked)} acknowledged writes were lost`;
    }
    if (audit.acked < acked.length) {
      return `the audit of ${audit.replica} looked for ${countText(audit.acked)} of ${countText(acked.length)} acknowledged writes`;
    }
  }
  if (acked.length === 0) return 'no write was acknowledged: there was nothing to lose';
  const fault = faultMoment(scenario.faults);
  if (fault === undefined) return 'the fault was not proven';
  if (!acked.some((entry) => entry.endedAt <= fault.earliestMs))
    return 'no write was acknowledged before the fault: there was nothing to lose';
  const back = recoveryStart(scenario, fault, undoMoment(scenario, journal));
  if (back === undefined || !acked.some((entry) => entry.startedAt >= back))
    return 'no write was acknowledged after the recovery';
  return undefined;
}

/** From when on an acknowledged write shows that service is back. */
function recoveryStart(scenario: ScenarioView, fault: Moment, undo: Moment | undefined): number | undefined {
  return scenario.plan.recoversAfter === 'fault' ? fault.latestMs : undo?.earliestMs;
}

function lostEntries(audits: readonly Audit[], acked: readonly EntryView[]): readonly EntryView[] {
  const ids = new Set(audits.flatMap((audit) => audit.lostIds));
  return acked.filter((entry) => ids.has(entry.id));
}

/** `, written 1.2s to 0.4s before the fault`: what the loss means in seconds (RPO). */
function lossText(audits: readonly Audit[], acked: readonly EntryView[], fault: Moment | undefined): string {
  const lost = lostEntries(audits, acked);
  const first = lost[0];
  const last = lost.at(-1);
  if (first === undefined || last === undefined || fault === undefined) return ', when they were written is not known';
  const before = fault.earliestMs - first.startedAt;
  const when = (ms: number) => (ms >= 0 ? `${formatDuration(ms)} before` : `${formatDuration(-ms)} after`);
  const rpo = `RPO ${formatDuration(Math.max(0, before))}`;
  return `, written from ${when(before)} to ${when(fault.earliestMs - last.startedAt)} the fault (${rpo})`;
}

/** Writes without a known fate are neither lost nor kept: how many there were, and how many turned up. */
function indeterminateText(entries: readonly EntryView[], audits: readonly Audit[]): string {
  const unknown = entries.filter((entry) => entry.outcome === 'indeterminate').length;
  if (unknown === 0) return '';
  return `${plural(unknown, 'write')} without an answer, ${countText(Math.max(...audits.map((audit) => audit.recovered)))} of them there`;
}
