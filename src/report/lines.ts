import { classify } from '../core/outcome.ts';
import { shiftIso } from '../core/time.ts';
import { entryOf, isLook } from '../journal/entries.ts';
import type { JournalRecord, RecordOf } from '../journal/events.ts';
import { NOT_RUN } from '../verdict/judge.ts';
import { foldTicks, type LineState, linesOf, type ScenarioLines, type Tick } from './line-state.ts';
import { type Line, missedLine, textLines } from './line-text.ts';
import { safeText } from './safe.ts';

export { newLineState } from './line-state.ts';

/** A waiting text is said again after this long, even when only its numbers change. */
const SAY_AGAIN_MS = 5_000;
const KIND_WIDTH = 8;
const OFFSET_WIDTH = 9;
/** A line whose beginning, of this length, stands in another is the same line; its end may be cut off. */
const SAME_LINE = 120;
/** Longest line text; a command to be typed by hand must fit. */
const LONGEST = 900;

/**
 * One journal record as the lines of session.log and of plain output, without newlines:
 * `2026-11-20T09:30:12.345Z A +00:04.62 fault    pg-1 is gone: …`. Columns: UTC time, scenario (`-` for the session),
 * time since the scenario's first fault (blank before it), kind, text. `state` is folded on the way: hand in the same
 * one for all records of a journal, in order. A change found in a batch carries its own time, not the batch's.
 */
export function logLine(record: JournalRecord, state: LineState): string[] {
  const scenario = 'scenario' in record ? record.scenario : null;
  const lines = scenario === null ? undefined : linesOf(state, scenario);
  if (lines !== undefined) remember(record, lines);
  return linesFor(record, lines).map((line) => format(record, scenario, lines, line));
}

function remember(record: JournalRecord, lines: ScenarioLines): void {
  if (record.type === 'undo.armed') lines.nodes.set(record.fault, record.undo.node.name);
  if (record.type === 'fault.requested') {
    lines.nodes.set(record.fault, record.node.name);
    lines.faultAt ??= record.t;
  }
}

function linesFor(record: JournalRecord, lines: ScenarioLines | undefined): readonly Line[] {
  if (lines === undefined) return textLines(record, () => undefined);
  switch (record.type) {
    case 'samples':
      return foldTicks(lines, record.probe, sampleTicks(record)).map((turn) => ({ kind: 'probe', ...turn }));
    case 'ledger.entries':
      return foldTicks(lines, record.ledger, entryTicks(record)).map((turn) => ({ kind: 'ledger', ...turn }));
    case 'waiting':
      return isNews(record, lines) ? textLines(record, (fault) => lines.nodes.get(fault)) : [];
    case 'gate.judged':
      return notRunLines(record, lines) ?? textLines(record, (fault) => lines.nodes.get(fault));
    case 'probe.missed':
      return countMissed(record, lines);
    case 'log.matched':
      return isRepeated(record, lines) ? [] : textLines(record, () => undefined);
    case 'scenario.ended':
      return [...tellMissed(lines), ...textLines(record, () => undefined)];
    default:
      return textLines(record, (fault) => lines.nodes.get(fault));
  }
}

/** Of a drill that never began one line says what each of its gates would; undefined for any other claim. */
function notRunLines({ result }: RecordOf<'gate.judged'>, lines: ScenarioLines): readonly Line[] | undefined {
  if (result.reason !== NOT_RUN) return undefined;
  if (lines.notRunSaid) return [];
  lines.notRunSaid = true;
  return [{ kind: 'gate', text: `${result.status}, each gate: ${NOT_RUN}` }];
}

function sampleTicks(record: RecordOf<'samples'>): readonly Tick[] {
  return record.items.map(([, startedAt, endedAt, outcome, detail]) => ({
    startedAt,
    endedAt,
    class: classify(outcome),
    text: detail === undefined ? outcome : `${outcome}: ${detail}`,
  }));
}

/** A write that was not acknowledged is bad, whatever became of it. */
function entryTicks(record: RecordOf<'ledger.entries'>): readonly Tick[] {
  return record.items
    .map(entryOf)
    .filter(isLook)
    .map(({ startedAt, endedAt, outcome, detail }) => ({
      startedAt,
      endedAt,
      class: outcome === 'acked' ? 'good' : 'bad',
      text: detail === undefined ? outcome : `${outcome}: ${detail}`,
    }));
}

/** True when the text says something new, numbers aside (`pg-1` is a name, not a number), or was last said long ago. */
function isNews(record: RecordOf<'waiting'>, lines: ScenarioLines): boolean {
  const text = `${record.phase} ${record.ok} ${record.detail.replace(/(?<![\p{L}\p{N}_-])\d[\d.:]*[a-z]{0,2}\b/gu, '#')}`;
  if (lines.waiting?.text === text && record.t - lines.waiting.t < SAY_AGAIN_MS) return false;
  lines.waiting = { t: record.t, text };
  return true;
}

/** Mentioned at most every five seconds, and counted meanwhile: the counts of all lines add up to the journal's. */
function countMissed(record: RecordOf<'probe.missed'>, lines: ScenarioLines): readonly Line[] {
  const { t, probe, reason, count } = record;
  const key = `${probe} ${reason}`;
  const last = lines.missed.get(key);
  if (last !== undefined && t - last.t < SAY_AGAIN_MS) {
    last.untold += count;
    return [];
  }
  lines.missed.set(key, { t, untold: 0, probe, reason });
  return [missedLine({ probe, reason, count: count + (last?.untold ?? 0) })];
}

/** What was counted and not mentioned yet. */
function tellMissed({ missed }: ScenarioLines): readonly Line[] {
  const left = [...missed.values()].filter(({ untold }) => untold > 0);
  missed.clear();
  return left.map(({ probe, reason, untold }) => missedLine({ probe, reason, count: untold }));
}

/** A server may write one line to two places, as HAProxy does: with what it puts before it, and without. */
function isRepeated({ t, node, expectation, count, line }: RecordOf<'log.matched'>, lines: ScenarioLines): boolean {
  const key = `${node} ${expectation}`;
  const last = lines.logged.get(key);
  lines.logged.set(key, { t, line });
  if (last === undefined || count > 1 || t - last.t >= SAY_AGAIN_MS) return false;
  const [shorter, longer] = line.length < last.line.length ? [line, last.line] : [last.line, line];
  return longer !== shorter && longer.includes(shorter.slice(0, SAME_LINE));
}

function format(record: JournalRecord, scenario: string | null, lines: ScenarioLines | undefined, line: Line): string {
  const t = line.t ?? record.t;
  const at = t === record.t ? record.at : shiftIso(record.at, t - record.t);
  const offset = lines?.faultAt === undefined ? '' : formatOffset(t - lines.faultAt);
  const who = scenario === null ? '-' : safeText(scenario, 8);
  return `${safeText(at, 30)} ${who} ${offset.padEnd(OFFSET_WIDTH)} ${line.kind.padEnd(KIND_WIDTH)} ${safeText(line.text, LONGEST)}`;
}

/** `+01:04.62`: minutes, seconds and hundredths since the fault. */
export function formatOffset(ms: number): string {
  const hundredths = Math.round(Math.abs(ms) / 10);
  const minutes = Math.floor(hundredths / 6_000);
  const seconds = ((hundredths % 6_000) / 100).toFixed(2);
  return `${ms < 0 && hundredths > 0 ? '-' : '+'}${String(minutes).padStart(2, '0')}:${seconds.padStart(5, '0')}`;
}
