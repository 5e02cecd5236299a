import type { WriteOutcome } from '../core/ledger.ts';
import { classify, type OutcomeClass } from '../core/outcome.ts';
import { isLook } from '../journal/entries.ts';
import type { RecordOf } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';
import type { Series } from './params.ts';
import { type Hole, holesOf, touchesHole } from './standstill.ts';

/** A sample of a probe or a write of a ledger, seen the same way. Times are CLOCK_MONOTONIC in ms. */
export interface Look {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly class: OutcomeClass;
  /** The outcome's own word, for people. */
  readonly outcome: string;
  readonly detail: string | undefined;
  readonly seq: number;
  readonly index: number;
}

/** Everything one series saw in a scenario, ordered by start. */
export interface SeriesView {
  readonly name: string;
  /** `a write` or `a probe`: for texts. */
  readonly noun: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly looks: readonly Look[];
  readonly missed: readonly RecordOf<'probe.missed'>[];
  /** Where the tool itself stood still: no look is left there but good ones. */
  readonly holes: readonly Hole[];
}

/** The looks of a series; undefined when the plan knows no such probe or ledger. */
export function seriesOf(scenario: ScenarioView, series: Series): SeriesView | undefined {
  const { plan } = scenario;
  const isProbe = 'probe' in series;
  const name = isProbe ? series.probe : series.ledger;
  const planned = (isProbe ? plan.probes : plan.ledgers).find((one) => one.name === name);
  if (planned === undefined) return undefined;
  const looks = isProbe
    ? (scenario.samples.get(name) ?? []).map((sample): Look => look(sample, classify(sample.outcome)))
    : (scenario.entries.get(name) ?? []).filter(isLook).map((entry): Look => look(entry, classOfWrite(entry.outcome)));
  const holes = holesOf(scenario);
  return {
    name,
    noun: isProbe ? 'a probe' : 'a write',
    intervalMs: planned.intervalMs,
    timeoutMs: planned.timeoutMs,
    // Times that are no numbers cannot be put in order; the hole they leave is what is judged.
    looks: looks
      .filter((one) => isSound(one) && (one.class === 'good' || !touchesHole(holes, one.startedAt, one.endedAt)))
      .sort((a, b) => a.startedAt - b.startedAt),
    missed: scenario.missed.filter((one) => one.probe === name),
    holes,
  };
}

/** What was not acknowledged was not served: a write whose fate is unknown is as bad as a refused one. */
function classOfWrite(outcome: WriteOutcome): OutcomeClass {
  return outcome === 'acked' ? 'good' : 'bad';
}

function look(
  from: {
    readonly startedAt: number;
    readonly endedAt: number;
    readonly outcome: string;
    readonly detail?: string;
    readonly seq: number;
    readonly index: number;
  },
  kind: OutcomeClass | undefined,
): Look {
  const { startedAt, endedAt, outcome, detail, seq, index } = from;
  // An outcome this version does not know proves no service.
  return { startedAt, endedAt, outcome, detail, seq, index, class: kind ?? 'bad' };
}

function isSound(one: Look): boolean {
  return Number.isFinite(one.startedAt) && Number.isFinite(one.endedAt) && one.endedAt >= one.startedAt;
}
