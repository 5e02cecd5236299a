import { formatDuration } from '../core/duration.ts';
import type { GateResult } from '../core/gate.ts';
import type { ScenarioView } from '../journal/view.ts';

/** Gates about what is there in the end: how long the node was away does not matter to them. */
const LASTING: ReadonlySet<string> = new Set(['data', 'kept', 'restored', 'healed']);

/** Why what this drill measured is void: a node was there again before its time. Undefined when none was. */
export function returnedProblem({ faults }: ScenarioView): string | undefined {
  const fault = faults.find((one) => one.returned !== undefined);
  if (fault?.returned === undefined) return undefined;
  const { node, returned, proven } = fault;
  const after = proven === undefined ? '' : ` ${formatDuration(returned.t - proven.t)} after it was proven gone`;
  return `${node.name} came back by itself${after} (${returned.detail}): the measurement is void`;
}

/** Of a node that was not away for long enough no time says anything, neither good nor bad. */
export function unlessReturned(kind: string, result: GateResult, scenario: ScenarioView): GateResult {
  const problem = LASTING.has(kind) ? undefined : returnedProblem(scenario);
  return problem === undefined ? result : { ...result, status: 'INCONCLUSIVE', reason: problem };
}
