import type { LogExpectation } from '../core/scenario.ts';
import type { ScenarioView } from '../journal/view.ts';
import type { Moment } from './faults.ts';

/** A line that matched while the stack was still steady: whatever it means, it does not mean the fault. */
export function lineBefore(
  { name, nodes }: LogExpectation,
  scenario: ScenarioView,
  fault: Moment,
): ScenarioView['logs'][number] | undefined {
  const fromMs = fault.earliestMs - scenario.plan.steadyMs;
  return scenario.logs.find(
    (one) => one.expectation === name && nodes.includes(one.node) && one.t >= fromMs && one.t < fault.earliestMs,
  );
}
