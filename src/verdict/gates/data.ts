import { formatDuration } from '../../core/duration.ts';
import type { GateResult } from '../../core/gate.ts';
import { type Audit, badFigure } from '../../core/ledger.ts';
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

/** What must be none, whatever may be lost. */
const WRONG = ['corrupted', 'duplicated', 'unexpected', 'stale'] as const;

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

  const lost = Math.max(...record.audits.map((audit) => audit.lost));
  // What may be lost is what was looked for: a seed that is missing is lost too.
  const total = acked.length + Math.max(...record.audits.map(seedsOf));
  const figures = WRONG.map((word) => ({ word, count: mostOf(record.audits, word) }));
  const texts = figures.flatMap(({ word, count }) => (count > 0 ? [`${countText(count)} ${word}`] : []));
  const tooMany = params.maxLost !== null && lost > params.maxLost;
  const loss = lost > 0 ? lossOf(record.audits, acked, faultMoment(scenario.faults)) : undefined;
  const rpo = loss === undefined ? '' : ` (RPO ${formatDuration(loss.rpoMs)})`;
  const when = loss?.text ?? ', when they were written is not known';
  const reasons = [...(lost > 0 ? [`${plural(lost, 'acknowledged write')} lost${when}`] : []), ...texts];
  return {
    status: tooMany || texts.length > 0 ? 'FAIL' : 'PASS',
    measured: [`${countText(lost)} of ${countText(total)} lost${rpo}`, ...texts].join(', '),
    limit,
    uncertainty: [indeterminateText(entries, record.audits), unseenText(record.audits)]
      .filter((text) => text !== '')
      .join('; '),
    reason: reasons.join('; '),
    value: lost,
    unit: 'count',
    evidence: evidenceOf({ seq: record.seq }, ...lostEntries(record.audits, acked)),
  };
}

function seedsOf({ seeds = 0 }: Audit): number {
  return seeds;
}

/** The worst replica of those that were looked at. */
function mostOf(audits: readonly Audit[], word: (typeof WRONG)[number]): number {
  return Math.max(0, ...audits.map((audit) => audit[word] ?? 0));
}

/** `not looked at: stale`: a figure that no replica gave is no 0. */
function unseenText(audits: readonly Audit[]): string {
  const unseen = WRONG.filter((word) => audits.every((audit) => audit[word] === null));
  return unseen.length === 0 ? '' : `not looked at: ${unseen.join(', ')}`;
}

/** Why these audits prove nothing; undefined when they do. */
function flawOf(
  audits: readonly Audit[],
  acked: readonly EntryView[],
  { scenario, journal }: ScenarioContext,
): string | undefined {
  for (const audit of audits) {
    const bad = badFigure(audit);
    if (bad !== undefined) return `the audit of ${audit.replica} gives no number for ${bad}`;
    if (audit.lost > audit.acked) {
      return `the audit of ${audit.replica} says that ${countText(audit.lost)} of ${countText(audit.acked)} acknowledged writes were lost`;
    }
    const written = Math.max(0, audit.acked - seedsOf(audit));
    if (written < acked.length) {
      return `the audit of ${audit.replica} looked for ${countText(written)} of ${countText(acked.length)} acknowledged writes`;
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

interface Loss {
  /**
   * How much time of acknowledged work is gone: from the first lost write to the fault, or to the last lost answer where
   * writes were lost that a node acknowledged after the fault.
   */
  readonly rpoMs: number;
  /** `, written from 1.2s before to 400ms before the fault (RPO 1.2s)`. */
  readonly text: string;
}

function lossOf(audits: readonly Audit[], acked: readonly EntryView[], fault: Moment | undefined): Loss | undefined {
  const lost = lostEntries(audits, acked);
  const [first] = lost;
  const last = lost.at(-1);
  if (first === undefined || last === undefined || fault === undefined) return undefined;
  const at = fault.earliestMs;
  const endMs = Math.max(...lost.map((entry) => entry.endedAt));
  const rpoMs = Math.max(endMs, first.startedAt <= at ? at : endMs) - first.startedAt;
  const when = (ms: number) => (ms <= at ? `${formatDuration(at - ms)} before` : `${formatDuration(ms - at)} after`);
  const window = `from ${when(first.startedAt)} to ${when(last.startedAt)} the fault`;
  return { rpoMs, text: `, written ${window} (RPO ${formatDuration(rpoMs)})` };
}

/**
 * Writes without a known fate are neither lost nor kept: how many there were, and how many turned up. Many of them may have
 * been answered: a 503 of S3 does not say that nothing was stored.
 */
function indeterminateText(entries: readonly EntryView[], audits: readonly Audit[]): string {
  const unknown = entries.filter((entry) => entry.outcome === 'indeterminate').length;
  if (unknown === 0) return '';
  return `${plural(unknown, 'write')} of unknown fate, ${countText(Math.max(...audits.map((audit) => audit.recovered)))} of them there`;
}
