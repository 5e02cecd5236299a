import { formatDuration } from '../core/duration.ts';
import type { GateResult } from '../core/gate.ts';
import type { ScenarioView } from '../journal/view.ts';

/** A time in which the tool itself stood still: nobody looked, and what was in flight says nothing about the service. */
export interface Hole {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Gates that count what is there afterwards: no time goes into them. */
const TIMELESS: ReadonlySet<string> = new Set(['data', 'kept', 'restored']);

export function holesOf({ suspended }: ScenarioView): readonly Hole[] {
  return suspended.map(({ since, t }) => ({ fromMs: since, toMs: t }));
}

export function touchesHole(holes: readonly Hole[], fromMs: number, toMs: number): boolean {
  return holes.some((hole) => hole.fromMs <= toMs && hole.toMs >= fromMs);
}

/** Why times of these scenarios prove nothing; undefined when the tool was awake all the time. */
export function standstillProblem(scenarios: readonly ScenarioView[]): string | undefined {
  const longest = scenarios
    .flatMap(({ suspended }) => suspended)
    .reduce<{ readonly ms: number; readonly who: string } | undefined>(
      (most, one) => (most === undefined || one.ms > most.ms ? one : most),
      undefined,
    );
  if (longest === undefined) return undefined;
  const what = longest.who === 'machine' ? 'the machine slept' : 'gameday itself stood still';
  return `${what} for ${formatDuration(longest.ms)} at most while this was measured`;
}

/** No gate that measures time passes over a standstill. What surely failed all the same has failed. */
export function unlessStoodStill(kind: string, result: GateResult, scenarios: readonly ScenarioView[]): GateResult {
  const problem = TIMELESS.has(kind) ? undefined : standstillProblem(scenarios);
  if (problem === undefined || result.status === 'FAIL') return result;
  const reason = result.reason === '' ? problem : `${problem}; ${result.reason}`;
  return { ...result, status: 'INCONCLUSIVE', reason };
}
