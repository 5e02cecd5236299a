import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { logLine, newLineState } from '../../../src/report/lines.ts';
import { strangeLines } from '../../../src/report/log-check.ts';
import { drill } from '../../support/journal-builder.ts';
import { closedBySuccessor } from '../../support/journal-lines.ts';

const bytes = Buffer.from(
  drill()
    .lines.map((line) => `${line}\n`)
    .join(''),
);
const { records } = readJournal(closedBySuccessor(bytes));
const first = readJournal(bytes).records.length;

/** As `openSessionLog` writes it. */
function linesOf(some: readonly JournalRecord[], before: readonly JournalRecord[] = []): readonly string[] {
  const state = newLineState();
  for (const record of before) logLine(record, state);
  return some.flatMap((record) => logLine(record, state));
}

function check(lines: readonly string[]): readonly number[] {
  return strangeLines(lines.map((line) => `${line}\n`).join(''), records);
}

describe('the lines of session.log', () => {
  const tool = linesOf(records.slice(0, first));
  const next = linesOf(records.slice(first), records.slice(0, first));

  it('are those that the journal gives, whether a writer knows what the one before said or not', () => {
    expect(check([...tool, ...next])).toEqual([]);
    expect(check([...tool, ...linesOf(records.slice(first))])).toEqual([]);
    expect(check(tool.slice(0, -5))).toEqual([]);
  });

  it('are found where they were changed, added or put elsewhere', () => {
    expect(check(tool.with(3, `${tool[3]} `))).toEqual([4]);
    expect(check(tool.toSpliced(3, 0, 'all is well'))).toEqual([4]);
    expect(check([...tool.slice(4, 6), ...tool.slice(0, 4)])).toEqual([3, 4, 5, 6]);
    expect(check([...tool, ...next, 'PASS'])).toEqual([tool.length + next.length + 1]);
  });

  it('may be cut off, or of lost events, right before another writer began, and nowhere else', () => {
    const cut = (tool.at(-1) ?? '').slice(0, 20);
    expect(check([...tool.slice(0, -1), cut, ...next])).toEqual([]);
    expect(check([...tool, cut])).toEqual([tool.length + 1]);
    expect(check([cut, ...tool])).toEqual([1]);
  });
});
