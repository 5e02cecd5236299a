import { type LogExpectation, logToleranceMs } from '../core/scenario.ts';
import { wallOf } from '../core/time.ts';
import type { RecordOf } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';
import type { Moment } from './faults.ts';

/** When a line was written by its own time, on our clock. Undefined where it says no time. */
function writtenMs({ t, at, writtenAt }: RecordOf<'log.matched'>): number | undefined {
  const [seen, written] = [wallOf(at), writtenAt === undefined ? undefined : wallOf(writtenAt)];
  return seen === undefined || written === undefined ? undefined : t - (seen - written);
}

/** By its own time the line is from before that moment, and clearly so: it came late, or its clock is not ours. */
export function isOlder(line: RecordOf<'log.matched'>, momentMs: number): boolean {
  return (writtenMs(line) ?? Infinity) < momentMs - logToleranceMs(line);
}

/** A line that matched while the stack was still steady: whatever it means, it does not mean the fault. */
export function lineBefore(
  { name, nodes }: LogExpectation,
  scenario: ScenarioView,
  fault: Moment,
): RecordOf<'log.matched'> | undefined {
  const fromMs = fault.earliestMs - scenario.plan.steadyMs;
  const isSteady = (ms: number) => ms >= fromMs && ms < fault.earliestMs;
  return scenario.logs.find(
    (one) =>
      one.expectation === name &&
      nodes.includes(one.node) &&
      (isSteady(one.t) || (isOlder(one, fault.earliestMs) && isSteady(writtenMs(one) ?? one.t))),
  );
}
