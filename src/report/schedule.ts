import type { JournalView } from '../journal/view.ts';
import type { SessionJudgement } from '../verdict/judge.ts';
import { findingsOf } from './findings.ts';
import { safeMarkdown } from './safe.ts';

const HEADER = '| Date | Session | Environment | Scenarios | Verdict | Report | Gaps |';
const RULE = '|---|---|---|---|---|---|---|';

/** One row of the schedule table. `session` is how it is found again. */
export interface ScheduleRow {
  readonly session: string;
  readonly line: string;
}

/** The row of a session. The report's link is relative to the `sessions` folder. */
export function scheduleRow(view: JournalView, judgement: SessionJudgement): ScheduleRow {
  const gaps = findingsOf(view, judgement).map((one) => one.kind);
  const cells = [
    (view.started ?? view.records[0])?.at.slice(0, 10) ?? 'unknown',
    view.started?.session ?? 'unknown',
    // A short profile's PASS is not a full one's.
    view.started === undefined ? 'unknown' : `${view.started.environment} (${view.started.profile})`,
    judgement.scenarios.map((one) => `${one.plan.id} ${one.verdict}`).join(', ') || 'none',
    judgement.restored ? judgement.verdict : `${judgement.verdict}, NOT RESTORED`,
  ].map(cell);
  const link = `[report](${encodeURIComponent(view.started?.session ?? 'unknown')}/report.md)`;
  return { session: cells[1] ?? '', line: `| ${[...cells, link, cell(gapText(gaps))].join(' | ')} |` };
}

/**
 * Puts the row into the schedule table of a file: in place of the same session's row, else after the last one. A file
 * that has no such table gets one at its end, an empty one a title too. The same row twice changes nothing.
 */
export function insertRow(fileText: string, row: ScheduleRow): string {
  const lines = fileText.split('\n');
  const header = lines.findIndex((line) => normal(line) === normal(HEADER));
  if (header === -1) {
    const before = fileText.trimEnd();
    return `${before === '' ? '# Sessions' : before}\n\n${HEADER}\n${RULE}\n${row.line}\n`;
  }
  let end = header + 1;
  while (lines[end]?.trimStart().startsWith('|')) {
    if (sessionOf(lines[end] ?? '') === row.session) return lines.with(end, row.line).join('\n');
    end += 1;
  }
  return lines.toSpliced(end, 0, ...(end === header + 1 ? [RULE, row.line] : [row.line])).join('\n');
}

function gapText(kinds: readonly string[]): string {
  return kinds.length === 0 ? 'none' : `${kinds.length}: ${[...new Set(kinds)].join(', ')}`;
}

function cell(text: string): string {
  return safeMarkdown(text, 200);
}

/** The second cell. A bar inside a cell is escaped and does not end it. */
function sessionOf(line: string): string {
  return line.split(/(?<!\\)\|/u)[2]?.trim() ?? '';
}

function normal(line: string): string {
  return line.replace(/\s+/gu, '').toLowerCase();
}
