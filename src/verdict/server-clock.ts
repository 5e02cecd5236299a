import { wallOf } from '../core/time.ts';
import type { ScenarioView } from '../journal/view.ts';

/** Turns times of a server's own clock into CLOCK_MONOTONIC ms, true within `errorMs` either way. */
export interface ServerClock {
  readonly errorMs: number;
  monotonic(iso: string | undefined): number | undefined;
}

/** Prometheus' clock, from the look at it that took the least time; undefined where nobody asked for its time. */
export function serverClock(scenario: ScenarioView): ServerClock | undefined {
  const looks = scenario.scrapes.flatMap(({ serverAt, notBefore, notAfter }) => {
    const wall = wallOf(serverAt);
    return wall === undefined || !(notAfter >= notBefore) ? [] : [{ wall, notBefore, notAfter }];
  });
  const best = looks.sort((a, b) => a.notAfter - a.notBefore - (b.notAfter - b.notBefore))[0];
  if (best === undefined) return undefined;
  const offset = (best.notBefore + best.notAfter) / 2 - best.wall;
  return {
    errorMs: (best.notAfter - best.notBefore) / 2,
    monotonic(iso) {
      const wall = iso === undefined ? undefined : wallOf(iso);
      return wall === undefined ? undefined : wall + offset;
    },
  };
}
