import type { GateResult } from '../../src/core/gate.ts';
import type { JournalView } from '../../src/journal/view.ts';
import { outcomeOf } from '../../src/journal/view.ts';
import type { SessionJudgement } from '../../src/verdict/judge.ts';

const RESULTS: Readonly<Record<string, Partial<GateResult>>> = {
  rto: {
    measured: '4.61s',
    limit: 'under 60s',
    uncertainty: '4.33s to 4.61s, a write every 50ms',
    value: 4_610,
    unit: 'ms',
  },
  data: { measured: '0 lost of 812', limit: 'at most 0 lost', value: 0, unit: 'count' },
  rejoin: {
    measured: '3s',
    limit: 'under 120s',
    uncertainty: '2.7s to 3s, a look every 250ms',
    value: 3_000,
    unit: 'ms',
  },
  alerts: { measured: '6s', limit: 'under 60s', uncertainty: '5s to 6s, a poll every 1s', value: 6_000, unit: 'ms' },
};

/** Every gate PASS with fixed figures, so that a golden report does not change when a gate finds better words. */
export function fixedJudgement(view: JournalView, changes: Partial<SessionJudgement> = {}): SessionJudgement {
  return {
    scenarios: view.scenarios.map((scenario) => ({
      plan: scenario.plan,
      outcome: outcomeOf(scenario),
      verdict: 'PASS',
      why: '',
      gates: scenario.plan.gates.map((spec) => ({ spec, result: resultOf(spec.id) })),
    })),
    session: (view.started?.sessionGates ?? []).map((spec) => ({ spec, result: resultOf(spec.id) })),
    verdict: 'INCONCLUSIVE',
    exit: 3,
    restored: true,
    headline: 'INCONCLUSIVE: 1 of 1 drills passed; C (MinIO two-node kill) not drilled: there is no minio binary',
    ...changes,
  };
}

export function resultOf(id: string, changes: Partial<GateResult> = {}): GateResult {
  const known = RESULTS[id] ?? {};
  return {
    status: 'PASS',
    measured: 'yes',
    limit: '',
    uncertainty: '',
    reason: '',
    value: null,
    unit: 'none',
    evidence: [{ seq: 1 }],
    ...known,
    ...changes,
  };
}
