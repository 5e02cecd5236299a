import type { GateResult } from '../../core/gate.ts';
import { findAgreement, type Sighting, type Span } from '../agreements.ts';
import { keyText } from '../facts.ts';
import { type Moment, momentOf, noMomentText, since, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { type Interval, judgeInterval, measuredText, rangeText, underText } from '../intervals.ts';
import { type Agreement, type Origin, readAgreement, readChoice, readNumber } from '../params.ts';
import { rateText } from '../text.ts';

export type AgreementParams = Agreement & { readonly from: Origin; readonly limitMs: number };

/** Time until facts were seen: marked DOWN, rejoined, drives online, the sticky client moved. */
export const agreement = defineGate<AgreementParams>(
  'agreement',
  (params) => ({
    ...readAgreement(params),
    from: readChoice(params, 'from', ['fault', 'undo']),
    limitMs: readNumber(params, 'limitMs'),
  }),
  judge,
);

/** Where to look for the facts: until the order to start again, or to the end; or why it cannot be said. */
export function agreementSpan(
  from: Origin,
  { scenario, journal }: ScenarioContext,
): (Span & { readonly moment: Moment }) | { readonly reason: string } {
  const moment = momentOf(from, scenario, journal);
  if (moment === undefined) return { reason: noMomentText(from) };
  const undo = undoMoment(scenario, journal);
  return {
    moment,
    fromMs: moment.earliestMs,
    toMs: from === 'fault' ? (undo?.earliestMs ?? Infinity) : Infinity,
    held: from === 'fault' ? 'ignore' : 'confirm',
    pick: 'last',
  };
}

/** Time from the moment to the facts. Not seen has no upper bound; what is unknown is bounded by nothing. */
export function agreementTime(sighting: Sighting, moment: Moment): Interval {
  switch (sighting.kind) {
    case 'seen':
      return since(moment, sighting.fromMs, sighting.toMs);
    case 'not-seen':
      return since(moment, sighting.notBeforeMs, undefined);
    case 'unknown':
      return { lowerMs: 0, upperMs: undefined };
  }
}

function judge(params: AgreementParams, context: ScenarioContext): GateResult {
  const limit = underText(params.limitMs);
  const span = agreementSpan(params.from, context);
  if ('reason' in span) return inconclusive(span.reason, { limit });
  const sighting = findAgreement(params, context.scenario, span);
  if (sighting.kind === 'unknown') return inconclusive(sighting.reason, { limit });
  const interval = agreementTime(sighting, span.moment);
  const status = judgeInterval(interval, params.limitMs);
  return {
    status,
    measured: sighting.kind === 'seen' ? measuredText(interval) : `not seen, last ${sighting.last}`,
    limit,
    uncertainty: [rangeText(interval), ...ratesOf(params.probes, context)].join(', '),
    reason: reasonOf(status, sighting, params.to, keyText(context.scenario, params.key)),
    value: interval.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(...span.moment.evidence, ...sighting.evidence),
  };
}

/** `a probe each 200ms`, each rate once. */
function ratesOf(probes: readonly string[], { scenario }: ScenarioContext): readonly string[] {
  const planned = scenario.plan.probes.filter((one) => probes.includes(one.name));
  return [...new Set(planned.map(({ intervalMs }) => rateText({ noun: 'a probe', intervalMs })))];
}

function reasonOf(status: GateResult['status'], sighting: Sighting, to: Agreement['to'], key: string): string {
  if (status === 'PASS') return '';
  const wanted = to === 'changed' ? 'another value' : to.oneOf.join(' or ');
  if (sighting.kind === 'not-seen') return `${key} did not become ${wanted} and stay so: it was last ${sighting.last}`;
  return status === 'FAIL'
    ? `${key} became ${wanted} too late`
    : 'the limit lies within the uncertainty of the measurement';
}
