import { safeLines } from './safe.ts';

/**
 * Rows as aligned plain columns; the first row is the header. Every cell is one line without anything that a terminal
 * would obey. The last column is wrapped at words so that no line is
 * longer than `width` where that can be had. No trailing newline.
 */
export function columns(cells: readonly (readonly string[])[], width: number): string {
  const rows = cells.map((row) => row.map((cell) => safeLines(cell).replace(/\n/gu, ' ')));
  const last = Math.max(0, ...rows.map((row) => row.length - 1));
  const widths = Array.from({ length: last }, (_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  const indent = widths.reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(20, width - indent);
  const wrapped = rows.map((row) => wrap(row[last] ?? '', room));
  const longest = Math.max(0, ...wrapped.flat().map((line) => line.length));
  const rule = [...widths, longest].map((one) => '-'.repeat(one)).join('  ');
  return rows
    .flatMap((row, number) => {
      const lead = widths.map((one, index) => (row[index] ?? '').padEnd(one + 2)).join('');
      const [first = '', ...more] = wrapped[number] ?? [];
      const lines = [`${lead}${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(indent)}${line}`)];
      return number === 0 ? [...lines, rule] : lines;
    })
    .join('\n');
}

/** Breaks a text at spaces; a word longer than the room stands on a line of its own. Never empty. */
export function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
