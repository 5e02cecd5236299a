import { formatDuration } from '../core/duration.ts';
import type { OutcomeClass } from '../core/outcome.ts';
import type { ProbeMissed } from '../journal/events.ts';

/** What one series (a probe or a ledger) last showed. Times are CLOCK_MONOTONIC in ms. */
interface SeriesState {
  class: OutcomeClass;
  /** Start of the first sample of the run that is going on, and how many there are. */
  since: number;
  count: number;
}

export interface MissedLooks {
  t: number;
  untold: number;
  readonly probe: string;
  readonly reason: ProbeMissed['reason'];
}

export interface ScenarioLines {
  /** When the first fault was requested. */
  faultAt: number | undefined;
  /** Fault id to the name of its node. */
  readonly nodes: Map<string, string>;
  readonly series: Map<string, SeriesState>;
  /** What was last said about waiting: its time, and its text without the numbers that always change. */
  waiting: { readonly t: number; readonly text: string } | undefined;
  /** That none of its gates was measured is said once. */
  notRunSaid: boolean;
  /** By series and reason: when missed looks were last mentioned, and how many were missed since, told at the next mention. */
  readonly missed: Map<string, MissedLooks>;
  /** By node and expectation: the log line that was told last. */
  readonly logged: Map<string, { readonly t: number; readonly line: string }>;
}

/** What the line renderer must remember. Made of the journal alone, so live and replayed lines are the same. */
export interface LineState {
  readonly scenarios: Map<string, ScenarioLines>;
}

export function newLineState(): LineState {
  return { scenarios: new Map() };
}

export function linesOf(state: LineState, scenario: string): ScenarioLines {
  let found = state.scenarios.get(scenario);
  if (found === undefined) {
    found = {
      faultAt: undefined,
      nodes: new Map(),
      series: new Map(),
      waiting: undefined,
      notRunSaid: false,
      missed: new Map(),
      logged: new Map(),
    };
    state.scenarios.set(scenario, found);
  }
  return found;
}

/** One look or write, reduced to what a line needs. */
export interface Tick {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly class: OutcomeClass;
  /** `refused: connect ECONNREFUSED …`. */
  readonly text: string;
}

/** A line to be written about a series, at a moment of the monotonic clock. */
export interface Turn {
  readonly t: number;
  readonly text: string;
}

/** More changes than this in one batch are flapping, and one line says so. */
const MOST_TURNS = 4;

/** Folds a batch into the state and says when the series turned bad, apart or good again. A series that begins well says nothing. */
export function foldTicks(lines: ScenarioLines, name: string, ticks: readonly Tick[]): readonly Turn[] {
  const turns: Turn[] = [];
  let bad = 0;
  for (const tick of ticks) {
    if (tick.class === 'bad') bad += 1;
    const before = lines.series.get(name);
    if (before?.class === tick.class) {
      before.count += 1;
      continue;
    }
    lines.series.set(name, { class: tick.class, since: tick.startedAt, count: 1 });
    if (before === undefined && tick.class === 'good') continue;
    turns.push(turnOf(name, before, tick));
  }
  const last = turns.at(-1);
  if (last === undefined || turns.length <= MOST_TURNS) return turns;
  return [{ t: last.t, text: `${name} is unsteady: ${bad} of ${ticks.length} bad, now: ${last.text}` }];
}

function turnOf(name: string, before: SeriesState | undefined, tick: Tick): Turn {
  if (tick.class === 'bad') return { t: tick.startedAt, text: `${name} is bad: ${tick.text}` };
  if (tick.class === 'apart') return { t: tick.startedAt, text: `${name} is neither good nor bad: ${tick.text}` };
  if (before === undefined) return { t: tick.endedAt, text: `${name} is good` };
  const lasted = formatDuration(tick.endedAt - before.since);
  return {
    t: tick.endedAt,
    text: `${name} is good again after ${lasted}, ${before.count} ${before.class === 'bad' ? 'bad' : 'unclear'} in a row`,
  };
}
