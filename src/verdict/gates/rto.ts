import type { GateResult } from '../../core/gate.ts';
import { worst } from '../../core/outcome.ts';
import { findAgreement } from '../agreements.ts';
import { keyText } from '../facts.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { type Interval, judgeInterval, laterOf, measuredText, rangeText, underText } from '../intervals.ts';
import { seriesOf } from '../looks.ts';
import { longestOf } from '../outages.ts';
import {
  type Agreement,
  type Origin,
  readAgreement,
  readChoice,
  readCount,
  readFlag,
  readNumber,
  readSeries,
  type Series,
} from '../params.ts';
import { measureRto } from '../rto.ts';
import { plural, uncertaintyText } from '../text.ts';
import { agreementSpan, agreementTime } from './agreement.ts';

export type RtoParams = {
  readonly series: Series;
  readonly from: Origin;
  readonly limitMs: number;
  /** Good looks in a row that count as sustained. */
  readonly sustain: number;
  /** True where the fault has to break the series. */
  readonly mustBreak: boolean;
  /** Facts that must be seen too before service counts as back. */
  readonly and?: Agreement;
};

/** Time until good service is back for good: after the fault, or after the order to start again. */
export const rto = defineGate<RtoParams>(
  'rto',
  (params) => ({
    series: readSeries(params.series),
    from: readChoice(params, 'from', ['fault', 'undo']),
    limitMs: readNumber(params, 'limitMs'),
    sustain: readCount(params, 'sustain', 1),
    mustBreak: readFlag(params, 'mustBreak'),
    ...(params.and === undefined ? {} : { and: readAgreement(params.and) }),
  }),
  judge,
);

function judge(params: RtoParams, context: ScenarioContext): GateResult {
  const { scenario, journal } = context;
  const limit = underText(params.limitMs);
  const series = seriesOf(scenario, params.series);
  if (series === undefined) return inconclusive('the plan has no such probe or ledger', { limit });
  const measure = measureRto({ ...params, series }, scenario, journal);
  if (!measure.seen) return inconclusive(measure.reason, { limit });
  let total: Interval = measure.rto;
  const reasons = measure.open === '' ? [] : [measure.open];
  const evidence = [...measure.evidence];
  if (params.and !== undefined) {
    const span = agreementSpan(params.from, context);
    if ('reason' in span) return inconclusive(span.reason, { limit });
    const sighting = findAgreement(params.and, scenario, span);
    if (sighting.kind === 'unknown')
      return inconclusive(sighting.reason, { limit, uncertainty: uncertaintyText(total, series) });
    if (sighting.kind === 'not-seen') reasons.push(`${keyText(scenario, params.and.key)} stayed ${sighting.last}`);
    total = laterOf(total, agreementTime(sighting, span.moment));
    evidence.push(...sighting.evidence);
  }
  const status = worst([
    judgeInterval(total, params.limitMs),
    ...measure.judged.map((relapse) => judgeInterval(relapse, params.limitMs)),
  ]);
  if (measure.relapses.length > 0) {
    const longest = rangeText(longestOf(measure.relapses));
    reasons.push(`service failed again ${plural(measure.relapses.length, 'time')} afterwards, for ${longest} at most`);
  }
  if (status !== 'PASS' && reasons.length === 0) {
    reasons.push(
      status === 'FAIL' ? 'service was away too long' : 'the limit lies within the uncertainty of the measurement',
    );
  }
  return {
    status,
    measured: measuredText(total),
    limit,
    uncertainty: uncertaintyText(total, series),
    reason: reasons.join('; '),
    value: total.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(...evidence),
  };
}
