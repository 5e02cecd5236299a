import { formatDuration } from '../../core/duration.ts';
import type { GateResult } from '../../core/gate.ts';
import { noMomentText, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';

export type HealedParams = Record<string, never>;

/** The stack came back to its steady state by itself and stayed there. The deadline is the engine's: it ends the phase. */
export const healed = defineGate<HealedParams>('healed', () => ({}), judge);

function judge(_params: HealedParams, { scenario, journal }: ScenarioContext): GateResult {
  const limit = `within ${formatDuration(scenario.plan.healDeadlineMs)}`;
  const undo = undoMoment(scenario, journal);
  if (undo === undefined) return inconclusive(noMomentText('undo'), { limit });
  const verify = scenario.phases.findLast((one) => one.phase === 'verify');
  if (verify?.endedAt === undefined || verify.ok === undefined)
    return inconclusive('the steady state was not looked at afterwards', { limit });
  // The engine's deadline counts from here too: restore has one of its own.
  const tookMs = verify.endedAt - verify.startedAt;
  if (!Number.isFinite(tookMs) || tookMs < 0)
    return inconclusive('the times of the verify phase make no sense', { limit });
  return {
    status: verify.ok ? 'PASS' : 'FAIL',
    measured: verify.ok
      ? `${formatDuration(tookMs)} after the nodes were back`
      : `not healed after ${formatDuration(tookMs)}`,
    limit,
    uncertainty: verify.ok ? `the steady state held for the last ${formatDuration(scenario.plan.verifyMs)} of it` : '',
    reason: verify.ok ? '' : (verify.detail ?? ''),
    value: tookMs,
    unit: 'ms',
    evidence: evidenceOf(...undo.evidence),
  };
}
