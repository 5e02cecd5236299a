import type { GateResult } from '../../core/gate.ts';
import { keptName } from '../../core/ledger.ts';
import type { ScenarioView } from '../../journal/view.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { readCount, readText } from '../params.ts';
import { countText, plural } from '../text.ts';
import { data } from './data.ts';

export type KeptParams = {
  readonly ledger: string;
  /** Acknowledged writes that the second strike may lose besides; null: any number, but it is reported. */
  readonly maxLost: number | null;
};

/** What was acknowledged in the first strike, and was there after it, is there after the second one too. */
export const kept = defineGate<KeptParams>(
  'kept',
  (params) => ({
    ledger: readText(params, 'ledger'),
    maxLost: params.maxLost === null ? null : readCount(params, 'maxLost', 0),
  }),
  judge,
);

/** The first strike's writes as they were read back after the second: what is missing now and was there then is lost by it. */
function judge({ ledger, maxLost }: KeptParams, { scenario, journal }: ScenarioContext): GateResult {
  const limit =
    maxLost === null ? 'counted, no limit' : maxLost === 0 ? 'none lost' : `at most ${countText(maxLost)} lost`;
  const first = journal.scenarios.find((one) => one.plan.id === scenario.plan.secondOf);
  if (first === undefined) return inconclusive('the journal has no first strike', { limit });
  const counted = { ledger, maxLost: null };
  const before = data.judge(counted, { scenario: first, journal });
  const after = data.judge(counted, { scenario: readAgain(first, scenario, ledger), journal });
  const evidence = evidenceOf(...before.evidence, ...after.evidence);
  for (const [when, { status, reason, value }] of [
    ['first', before],
    ['second', after],
  ] as const) {
    if (status === 'INCONCLUSIVE' || value === null)
      return inconclusive(`after the ${when} strike: ${reason}`, { limit, evidence });
  }
  const lost = Math.max(0, (after.value ?? 0) - (before.value ?? 0));
  const tooMany = maxLost !== null && lost > maxLost;
  const misread = after.status === 'FAIL' && before.status === 'PASS';
  return {
    status: tooMany || misread ? 'FAIL' : 'PASS',
    measured: `${countText(lost)} lost by the second strike`,
    limit,
    uncertainty: after.uncertainty,
    reason: [
      ...(lost > 0 ? [`${plural(lost, 'write')} of the first strike did not outlive the second`] : []),
      ...(misread ? [after.reason] : []),
    ].join('; '),
    value: lost,
    unit: 'count',
    evidence,
  };
}

/** The first strike with what the second one read of it. */
function readAgain(first: ScenarioView, second: ScenarioView, ledger: string): ScenarioView {
  const named = <T extends { readonly ledger: string }>(list: readonly T[]): T[] =>
    list.filter((one) => one.ledger === keptName(ledger)).map((one) => ({ ...one, ledger }));
  return { ...first, audits: named(second.audits), unread: named(second.unread) };
}
