import { formatDuration } from '../core/duration.ts';
import type { FaultView, ScenarioView } from '../journal/view.ts';
import { type Change, timelineOf, valueAt } from '../verdict/facts.ts';
import { victimsOf } from '../verdict/faults.ts';
import { type Interval, rangeText } from '../verdict/intervals.ts';
import { type SeriesView, seriesOf } from '../verdict/looks.ts';
import { findOutages, lengthOf, longestOf, SUSTAIN } from '../verdict/outages.ts';
import { rateText } from '../verdict/text.ts';
import type { Moment, Moments } from './moment.ts';

/** What one witness saw of the outage. */
export interface Witness {
  /** `probe api`, `ledger writes`, `haproxy says api-1 DOWN`, `platform lab: pg-1 down`. */
  readonly name: string;
  readonly first: Moment;
  readonly last: Moment;
  /** Of the longest outage, where it saw several. */
  readonly length: Interval;
  readonly outages: number;
  /** `a probe each 100ms`. */
  readonly rate: string;
}

/** A row of the report's table, all text. */
export interface WitnessRow {
  readonly witness: string;
  readonly first: string;
  readonly last: string;
  readonly length: string;
  readonly rate: string;
}

/** Everyone who saw something of the outage, kept apart: platform, probes, ledgers, and what others say of the stopped nodes and of components. */
export function witnessesOf(scenario: ScenarioView): readonly Witness[] {
  const faultMs = faultAt(scenario);
  if (faultMs === undefined) return [];
  return [
    ...scenario.faults.flatMap(platformWitness),
    ...allSeries(scenario).flatMap(({ label, series }) => seriesWitness(label, series, faultMs)),
    ...factWitnesses(scenario, faultMs),
  ];
}

/** The table; its last row names those that saw nothing bad. */
export function witnessRows(scenario: ScenarioView, moments: Moments): readonly WitnessRow[] {
  const requested = scenario.faults[0]?.requested;
  const faultMs = faultAt(scenario);
  if (requested === undefined || faultMs === undefined) return [];
  const stamp = (moment: Moment) => moments.stamp(moment, requested);
  const rows = witnessesOf(scenario).map(({ name, first, last, length, outages, rate }) => ({
    witness: name,
    first: stamp(first),
    last: stamp(last),
    length: `${rangeText(length)}${outages > 1 ? `, the longest of ${outages}` : ''}`,
    rate,
  }));
  const calm = allSeries(scenario).filter(({ label, series }) => seriesWitness(label, series, faultMs).length === 0);
  if (calm.length === 0) return rows;
  return [
    ...rows,
    {
      witness: calm.map((one) => one.label).join(', '),
      first: 'never',
      last: 'never',
      length: 'saw nothing bad',
      rate: '',
    },
  ];
}

function faultAt(scenario: ScenarioView): number | undefined {
  return scenario.faults[0]?.requested?.t;
}

function platformWitness({ node, undo, requested, proven, undoRequested, undoSettled }: FaultView): readonly Witness[] {
  if (requested === undefined || proven === undefined || undoRequested === undefined) return [];
  const back = undoSettled?.outcome === 'restored' ? undoSettled.t : undefined;
  return [
    {
      name: `platform ${undo.platform}: ${node.name} down`,
      first: proven,
      last: undoRequested,
      length: {
        lowerMs: Math.max(0, undoRequested.t - proven.t),
        upperMs: back === undefined ? undefined : back - requested.t,
      },
      outages: 1,
      rate: 'stop to start',
    },
  ];
}

function allSeries(scenario: ScenarioView): readonly { readonly label: string; readonly series: SeriesView }[] {
  const { probes, ledgers } = scenario.plan;
  return [
    ...probes.map(({ name }) => ({ label: `probe ${name}`, series: seriesOf(scenario, { probe: name }) })),
    ...ledgers.map(({ name }) => ({ label: `ledger ${name}`, series: seriesOf(scenario, { ledger: name }) })),
  ].flatMap(({ label, series }) => (series === undefined || series.looks.length === 0 ? [] : [{ label, series }]));
}

function seriesWitness(label: string, series: SeriesView, faultMs: number): readonly Witness[] {
  const outages = findOutages(series.looks, SUSTAIN).filter((one) => one.bad.some((look) => look.endedAt > faultMs));
  const first = outages[0]?.bad[0];
  const last = outages.at(-1)?.bad.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    {
      name: label,
      first: { seq: first.seq, t: first.startedAt },
      last: { seq: last.seq, t: last.startedAt },
      length: longestOf(outages.map((one) => lengthOf(one, series.holes))),
      outages: outages.length,
      rate: rateText(series),
    },
  ];
}

/** What a probe says of a stopped node, or a service of a component: away from what it said before the fault, and back. */
function factWitnesses(scenario: ScenarioView, faultMs: number): readonly Witness[] {
  const victims = victimsOf(scenario);
  return scenario.plan.probes.flatMap(({ name, intervalMs, health = false }) => {
    const own = scenario.observations.filter((one) => one.probe === name).map((one) => one.key);
    const keys = [...new Set(own)].filter((key) => health || victims.includes(key));
    return keys.flatMap((key): Witness[] => {
      const timeline = timelineOf(scenario, name, key);
      const before = timeline && valueAt(timeline, faultMs);
      if (timeline === undefined || before === undefined) return [];
      const later = timeline.changes.filter((change) => change.toMs > faultMs);
      const stretches = stretchesAway(later, before.value);
      const [first, last] = [stretches[0], stretches.at(-1)];
      // A role that went to another node for good is no outage.
      if (first === undefined || last === undefined || (last.back === undefined && !health)) return [];
      const values = [...new Set(later.map((change) => change.value).filter((value) => value !== before.value))];
      return [
        {
          name: `${name} says ${key} ${values.join(', ')}`,
          first: { seq: first.away.seq, t: first.away.toMs },
          last:
            last.back === undefined
              ? { seq: last.last.seq, t: last.last.toMs }
              : { seq: last.back.seq, t: last.back.fromMs },
          length: longestOf(stretches.map(lengthAway)),
          outages: stretches.length,
          rate: `a probe each ${formatDuration(intervalMs)}`,
        },
      ];
    });
  });
}

/** A time in which a fact had another value than before the fault. */
interface Stretch {
  readonly away: Change;
  /** The last value that was not the old one. */
  readonly last: Change;
  /** Undefined where it never came back. */
  readonly back: Change | undefined;
}

/** A fact that comes and goes was away several times: what lies between was none of it. */
function stretchesAway(changes: readonly Change[], usual: string): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let away: Change | undefined;
  let last: Change | undefined;
  for (const change of changes) {
    if (change.value !== usual) {
      away ??= change;
      last = change;
    } else if (away !== undefined && last !== undefined) {
      stretches.push({ away, last, back: change });
      away = undefined;
    }
  }
  if (away !== undefined && last !== undefined) stretches.push({ away, last, back: undefined });
  return stretches;
}

function lengthAway({ away, last, back }: Stretch): Interval {
  return {
    lowerMs: Math.max(0, (back?.fromMs ?? last.toMs) - away.toMs),
    upperMs: back === undefined ? undefined : back.toMs - away.fromMs,
  };
}
