import { expect } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
import type { SimCluster } from './sim-cluster.ts';
import { simDrill } from './sim-drill.ts';
import { ofType, type SimRun, type SimSetup, why } from './sim-session.ts';

/** A time within the outage: the fault is requested after about 3 s, the node is ordered back about 10 s later. */
export const WHILE_DOWN_MS = 6_000;

/** An outage that does not end before something else ends it. */
export const LONG = { outageMs: 60_000, observeDeadlineMs: 70_000 } as const;

export function later(setup: SimSetup, ms: number, then: () => unknown): void {
  void setup.world.clock.sleep(ms).then(then);
}

export function twoDrills(cluster: SimCluster, first: Drill = simDrill(cluster, { plan: LONG })): readonly Drill[] {
  return [first, simDrill(cluster, { id: 'B' })];
}

/** Two drills, of which the first is aborted: restored at once, FAIL with the reason, and the second is not run. */
export function expectAborted(run: SimRun, reason: RegExp): void {
  const scenarios = run.result?.judgement.scenarios ?? [];
  expect(
    scenarios.map(({ outcome }) => outcome),
    why(run),
  ).toEqual(['aborted', 'not-run']);
  expect(scenarios[0]?.verdict).toBe('FAIL');
  expect(scenarios[0]?.why).toMatch(reason);
  expect(ofType(run.records, 'abort').map((event) => event.reason)).toEqual([expect.stringMatching(reason)]);
  expect(ofType(run.records, 'undo.settled').map((event) => event.outcome)).not.toContain('not-restored');
  expect(run.cluster.isUp('n1')).toBe(true);
  expect(run.result?.exit).toBe(1);
}

export function expectHolds(run: SimRun): void {
  expect(run.result?.judgement.scenarios[0]?.verdict, why(run)).toBe('PASS');
  expect(ofType(run.records, 'abort')).toEqual([]);
}

export function notesOf(run: SimRun): readonly string[] {
  return ofType(run.records, 'note').map((event) => event.text);
}

/** From a time since the session's start until the node was ordered back, in ms. */
export function undoneAfter(run: SimRun, atMs: number): number {
  const start = run.records[0]?.t ?? Number.NaN;
  return (ofType(run.records, 'undo.requested')[0]?.t ?? Number.NaN) - start - atMs;
}
