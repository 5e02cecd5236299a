import type { Evidence } from '../core/gate.ts';
import { classify } from '../core/outcome.ts';
import type { RecordOf } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';
import { victimsOf } from './faults.ts';

/** One value of a fact and when it was taken: after `fromMs`, before `toMs`. */
export interface Change {
  readonly value: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seq: number;
}

/** All values that one probe saw for one key, in order. Never empty. */
export interface Timeline {
  readonly probe: string;
  readonly key: string;
  readonly changes: readonly Change[];
}

/** What one probe saw of one key. Undefined when it never saw a value. */
export function timelineOf(scenario: ScenarioView, probe: string, key: string): Timeline | undefined {
  const changes = scenario.observations
    .filter((one) => one.probe === probe && one.key === key && isSound(one))
    .map((one): Change => ({ value: one.to, fromMs: one.notBefore, toMs: one.notAfter, seq: one.seq }))
    .sort((a, b) => a.toMs - b.toMs || a.seq - b.seq);
  return changes.length === 0 ? undefined : { probe, key, changes };
}

/** The value that a look which ended by then had surely seen. */
export function valueAt(timeline: Timeline, ms: number): Change | undefined {
  return timeline.changes.findLast((change) => change.toMs <= ms);
}

/** Keys that a name in a plan stands for: `@victim` all victims, `@others` what else the probes saw, or the key itself. */
export function keysOf(scenario: ScenarioView, probes: readonly string[], key: string): readonly string[] {
  const victims = victimsOf(scenario);
  if (key === '@victim') return victims;
  if (key !== '@others') return [key];
  const seen = scenario.observations.filter((one) => probes.includes(one.probe)).map((one) => one.key);
  return [...new Set(seen)].filter((one) => !victims.includes(one));
}

/** What a person calls a key of a plan: the nodes by their names, or what they are where none was chosen. */
export function keyText(scenario: ScenarioView, key: string): string {
  if (key === '@others') return 'another node';
  if (key !== '@victim') return key;
  const victims = victimsOf(scenario);
  return victims.length === 0 ? 'the stopped node' : victims.join(' and ');
}

/** A look at which the probe read its facts: when it was started and ended. */
export interface FactLook {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly evidence: Evidence;
}

/**
 * Looks of a probe that were answered, in order of their starts. While a probe gets no answer a fact keeps the value that
 * was last seen, so only these vouch for it.
 */
export function factLooks(scenario: ScenarioView, probe: string): readonly FactLook[] {
  return (scenario.samples.get(probe) ?? [])
    .filter(
      (sample) =>
        classify(sample.outcome) === 'good' && Number.isFinite(sample.startedAt) && Number.isFinite(sample.endedAt),
    )
    .map(({ startedAt, endedAt, seq, index }) => ({ startedAt, endedAt, evidence: { seq, index } }))
    .sort((a, b) => a.startedAt - b.startedAt);
}

function isSound(one: RecordOf<'observation'>): boolean {
  return Number.isFinite(one.notBefore) && Number.isFinite(one.notAfter) && one.notAfter >= one.notBefore;
}
