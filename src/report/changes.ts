import { formatDuration } from '../core/duration.ts';
import { classify } from '../core/outcome.ts';
import { isLook } from '../journal/entries.ts';
import type { RecordOf } from '../journal/events.ts';
import type { EntryView, SampleView, ScenarioView } from '../journal/view.ts';
import type { Moment } from './moment.ts';
import { safeText } from './safe.ts';

/** Something seen by a probe or a ledger. */
export interface Change {
  readonly moment: Moment;
  readonly text: string;
}

/** Changes that were seen within this time of the first one share a row. */
const INSTANT_MS = 250;
/** A state that changes more often, or a series that breaks more often, is flapping: the first are shown, the rest counted. */
const MOST_CHANGES = 8;
const MOST_RUNS = 4;
/** Longest detail of a bad answer: whole addresses would hide what happened. */
const LONGEST_DETAIL = 60;
/** Changes named in one row; the rest is counted. */
const MOST_IN_ROW = 8;

/** Every state change of a scenario, the same words of several probes put together, near ones in one row, flapping cut short. */
export function stateChanges(view: ScenarioView): readonly Change[] {
  const faultAt = view.faults.find((fault) => fault.requested !== undefined)?.requested?.t ?? Number.POSITIVE_INFINITY;
  // What is seen for the first time after the fault (a switch of masters) is news and no state of affairs.
  const isFirstLook = (one: RecordOf<'observation'>) => one.from === undefined && one.notAfter <= faultAt;
  const firstLooks = view.observations.filter(isFirstLook);
  const changes = view.observations.filter((one) => !isFirstLook(one));
  return [...seenAtFirst(firstLooks), ...inRows(calmed(changes))];
}

/** When probes and ledgers went bad, for how long, and with what. */
export function serviceChanges(view: ScenarioView): readonly Change[] {
  const series = [...view.samples].map(([name, samples]) => badRuns(name, samples.map(sampleTick)));
  const ledgers = [...view.entries].map(([name, entries]) => badRuns(name, entries.filter(isLook).map(entryTick)));
  return inRows([...series, ...ledgers].flat());
}

/** What was there when the probes first looked: one row, for it is one state of affairs. */
function seenAtFirst(looks: readonly RecordOf<'observation'>[]): readonly Change[] {
  const first = looks[0];
  if (first === undefined) return [];
  const byProbe = new Map<string, string[]>();
  for (const look of looks) byProbe.set(look.probe, [...(byProbe.get(look.probe) ?? []), `${look.key} ${look.to}`]);
  const text = [...byProbe].map(([probe, facts]) => `${probe}: ${facts.join(', ')}`).join('; ');
  return [{ moment: { seq: first.seq, t: first.notAfter }, text: `at first: ${text}` }];
}

interface Named extends Change {
  /** Who saw it: shown before the text, and put together where several saw the same. */
  readonly by: string;
}

function calmed(observations: readonly RecordOf<'observation'>[]): readonly Named[] {
  const counts = new Map<string, number>();
  for (const one of observations) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  const seen = new Map<string, number>();
  const kept: Named[] = [];
  for (const one of observations) {
    const nth = (seen.get(keyOf(one)) ?? 0) + 1;
    const total = counts.get(keyOf(one)) ?? 0;
    seen.set(keyOf(one), nth);
    // The last change is always shown: it is what the drill ended with.
    if (nth > MOST_CHANGES && nth < total) continue;
    const left = nth > MOST_CHANGES && nth === total ? total - MOST_CHANGES - 1 : 0;
    const was = [
      ...(one.from === undefined ? [] : [`was ${one.from}`]),
      ...(left > 0 ? [`after ${left} more ${left === 1 ? 'change' : 'changes'}`] : []),
    ].join(', ');
    kept.push({
      moment: { seq: one.seq, t: one.notAfter },
      by: one.probe,
      text: `${one.key} is ${one.to}${was === '' ? '' : ` (${was})`}`,
    });
  }
  return kept;
}

function keyOf(one: RecordOf<'observation'>): string {
  return JSON.stringify([one.probe, one.key]);
}

/** Puts changes of the same instant into one row. */
function inRows(changes: readonly Named[]): readonly Change[] {
  const ordered = [...changes].sort((a, b) => a.moment.t - b.moment.t || a.moment.seq - b.moment.seq);
  const rows: Named[][] = [];
  for (const change of ordered) {
    const row = rows.at(-1);
    const first = row?.[0];
    if (row !== undefined && first !== undefined && change.moment.t - first.moment.t <= INSTANT_MS) row.push(change);
    else rows.push([change]);
  }
  return rows.flatMap((row) => {
    const first = row[0];
    return first === undefined ? [] : [{ moment: first.moment, text: together(row) }];
  });
}

function together(row: readonly Named[]): string {
  const byText = new Map<string, string[]>();
  for (const { by, text } of row) byText.set(text, [...new Set([...(byText.get(text) ?? []), by])]);
  const parts = [...byText].map(([text, who]) => `${who.join(', ')}: ${text}`);
  const rest = parts.length - MOST_IN_ROW;
  return rest > 0 ? `${parts.slice(0, MOST_IN_ROW).join('; ')}; and ${rest} more` : parts.join('; ');
}

interface SeriesTick {
  readonly seq: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly bad: boolean;
  /** Neither service nor outage: it ends no run and begins none. */
  readonly apart: boolean;
  readonly text: string;
}

function sampleTick(sample: SampleView): SeriesTick {
  const { seq, startedAt, endedAt, outcome } = sample;
  const kind = classify(outcome);
  return { seq, startedAt, endedAt, bad: kind === 'bad', apart: kind === 'apart', text: answerText(sample) };
}

function entryTick(entry: EntryView): SeriesTick {
  const { seq, startedAt, endedAt, outcome } = entry;
  return { seq, startedAt, endedAt, bad: outcome !== 'acked', apart: false, text: answerText(entry) };
}

function answerText({ outcome, detail }: { readonly outcome: string; readonly detail?: string }): string {
  return detail === undefined ? outcome : `${outcome}: ${safeText(detail, LONGEST_DETAIL)}`;
}

interface BadRun {
  readonly first: SeriesTick;
  count: number;
  /** The first good one after it. */
  end?: SeriesTick;
}

function badRuns(name: string, ticks: readonly SeriesTick[]): readonly Named[] {
  const runs: BadRun[] = [];
  let open: BadRun | undefined;
  for (const tick of ticks) {
    if (tick.apart) continue;
    if (!tick.bad) {
      if (open !== undefined) open.end = tick;
      open = undefined;
    } else if (open === undefined) {
      open = { first: tick, count: 1 };
      runs.push(open);
    } else {
      open.count += 1;
    }
  }
  const shown = runs.slice(0, MOST_RUNS).map((run) => ({ ...momentOf(run.first), by: name, text: runText(run) }));
  const rest = runs.slice(MOST_RUNS);
  const next = rest[0];
  if (next === undefined) return shown;
  const bad = rest.reduce((sum, run) => sum + run.count, 0);
  return [
    ...shown,
    {
      ...momentOf(next.first),
      by: name,
      text: `${rest.length} more ${rest.length === 1 ? 'run' : 'runs'} of bad answers, ${bad} in all`,
    },
  ];
}

function momentOf(tick: SeriesTick): { readonly moment: Moment } {
  return { moment: { seq: tick.seq, t: tick.startedAt } };
}

function runText(run: BadRun): string {
  const seen = `bad (${run.first.text})`;
  if (run.end === undefined) return `${seen}, ${run.count} in a row, not good again in this drill`;
  return `${seen}, ${run.count} in a row, good again after ${formatDuration(run.end.endedAt - run.first.startedAt)}`;
}
