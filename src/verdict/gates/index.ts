import type { ScenarioGate, SessionGate } from '../gate.ts';
import { agreement } from './agreement.ts';
import { alerts } from './alerts.ts';
import { badRun } from './bad-run.ts';
import { data } from './data.ts';
import { errorRun } from './error-run.ts';
import { healed } from './healed.ts';
import { kept } from './kept.ts';
import { loud } from './loud.ts';
import { moved } from './moved.ts';
import { noBad } from './no-bad.ts';
import { restored } from './restored.ts';
import { rto } from './rto.ts';
import { silent } from './silent.ts';
import { states } from './states.ts';

/** Gates of a scenario: a new one is a file here and a line in this list. */
const SCENARIO_GATES: readonly ScenarioGate[] = [
  rto,
  agreement,
  data,
  kept,
  noBad,
  errorRun,
  states,
  moved,
  loud,
  restored,
  healed,
];

/** Gates over all scenarios of a session. */
const SESSION_GATES: readonly SessionGate[] = [silent, badRun, alerts];

export function scenarioGate(kind: string): ScenarioGate | undefined {
  return SCENARIO_GATES.find((gate) => gate.kind === kind);
}

export function sessionGate(kind: string): SessionGate | undefined {
  return SESSION_GATES.find((gate) => gate.kind === kind);
}

export { agreement, alerts, badRun, data, errorRun, healed, loud, moved, noBad, restored, rto, silent, states };
