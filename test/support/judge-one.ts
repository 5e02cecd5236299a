import type { GateResult, GateSpec } from '../../src/core/gate.ts';
import type { ScenarioPlan } from '../../src/core/scenario.ts';
import type { GamedayEvent } from '../../src/journal/events.ts';
import { judgeSession } from '../../src/verdict/judge.ts';
import { type DrillParts, drill, samples, TIMES } from './journal-builder.ts';

/** What one gate of a scenario says of a drill that differs in `parts` from one that went well. */
export function resultOf(spec: GateSpec, parts: DrillParts = {}): GateResult | undefined {
  return judgeSession(drill({ gates: [spec], ...parts }).view()).scenarios[0]?.gates[0]?.result;
}

/** What one gate of the session says. */
export function sessionResultOf(spec: GateSpec, parts: DrillParts = {}): GateResult | undefined {
  return judgeSession(drill({ session: { sessionGates: [spec] }, ...parts }).view()).session[0]?.result;
}

type Timed = readonly [number, GamedayEvent];

/** A fact that was seen, as the engine journals it. */
export function seen(probe: string, key: string, to: string, notBefore: number, notAfter: number): Timed {
  return [notAfter, { type: 'observation', scenario: 'A', probe, key, to, notBefore, notAfter }];
}

/** Answered looks of a probe through the whole drill, which vouch for its facts. */
export function looked(probe: string): Timed {
  return [35_970, samples(probe, { from: 5, to: TIMES.verified, every: 200 })];
}

export const MONITOR: ScenarioPlan['probes'][number] = {
  name: 'monitor',
  target: 'm',
  intervalMs: 200,
  timeoutMs: 1_000,
  user: false,
};
