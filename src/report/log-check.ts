import type { JournalRecord } from '../journal/events.ts';
import { logLine, newLineState } from './lines.ts';

/** A line that may stand in session.log. */
interface Expected {
  readonly text: string;
  /** The first thing that a writer says. */
  readonly begins: boolean;
}

/**
 * Numbers, from 1, of the lines of a session.log that the journal does not give, or not in this order. What stands right
 * before the first line of another writer is none of them: when a machine dies, the log may have kept the beginning of a
 * line, or lines of which the journal lost the events.
 */
export function strangeLines(log: string, records: readonly JournalRecord[]): readonly number[] {
  const expected = expectedLines(records);
  const texts = expected.map(({ text }) => text);
  const lines = log.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const strange: number[] = [];
  let held: number[] = [];
  let from = 0;
  for (const [index, line] of lines.entries()) {
    const at = texts.indexOf(line, from);
    if (at === -1) {
      held.push(index + 1);
      continue;
    }
    if (from === 0 || expected[at]?.begins !== true) strange.push(...held);
    held = [];
    from = at + 1;
  }
  return [...strange, ...held];
}

/** In order. A writer remembers what the ones before it said, or begins anew: both are right. */
function expectedLines(records: readonly JournalRecord[]): readonly Expected[] {
  const all = newLineState();
  let own = newLineState();
  return records.flatMap((record) => {
    const begins = record.type === 'writer.started';
    if (begins) own = newLineState();
    const texts = new Set([...logLine(record, all), ...logLine(record, own)]);
    return [...texts].map((text) => ({ text, begins }));
  });
}
