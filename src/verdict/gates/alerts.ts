import type { GateResult } from '../../core/gate.ts';
import { worst } from '../../core/outcome.ts';
import { judgeAlert } from '../expected-alerts.ts';
import { faultMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type SessionContext } from '../gate.ts';
import { measuredText, rangeText, underText } from '../intervals.ts';
import { longestOf } from '../outages.ts';

export type AlertsParams = Record<string, never>;

/** Every expected alert of every drill was inactive before, fired in Alertmanager in time, and resolved afterwards. */
export const alerts = defineGate<AlertsParams, SessionContext>('alerts', () => ({}), judge);

function judge(_params: AlertsParams, { journal }: SessionContext): GateResult {
  const drilled = journal.scenarios.filter((one) => faultMoment(one.faults) !== undefined);
  if (drilled.length === 0) return inconclusive('no fault was proven: no alert was due');
  const fired = drilled.flatMap((scenario) =>
    scenario.plan.alerts.map((expected) => ({
      ...judgeAlert(expected, scenario, journal),
      name: `${scenario.plan.id} ${expected.name}`,
    })),
  );
  if (fired.length === 0) return inconclusive('no alert is expected by any drill');
  const timed = fired.flatMap((one) => (one.interval === undefined ? [] : [one.interval]));
  const slowest = timed.length === 0 ? undefined : longestOf(timed);
  const limits = drilled.flatMap((scenario) => scenario.plan.alerts.map((expected) => underText(expected.withinMs)));
  const list = fired.map(
    (one) => `${one.name} ${one.interval === undefined ? 'not seen' : measuredText(one.interval)}`,
  );
  return {
    status: worst(fired.map((one) => one.status)),
    measured: `${slowest === undefined ? '' : `slowest ${measuredText(slowest)}: `}${list.join(', ')}`,
    limit: [...new Set(limits)].join(', '),
    uncertainty: slowest === undefined ? '' : `${rangeText(slowest)}, polled each second`,
    reason: fired.flatMap((one) => (one.reason === '' ? [] : [`${one.name}: ${one.reason}`])).join('; '),
    value: slowest?.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(...fired.flatMap((one) => one.evidence)),
  };
}
