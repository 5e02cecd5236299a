import { EXIT, GamedayError } from '../core/errors.ts';

/** One mistake in a configuration: where it stands, what is wrong and what would be right. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

const CORRECT = 'correct the lines named above; gameday schema prints everything that may stand in the file';

/** All mistakes of a file in one error, in the order in which they stand there. */
export function configError(file: string, problems: readonly ConfigProblem[]): GamedayError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = [...new Set(sorted.map(({ line, column, text }) => `  ${file}:${line}:${column}: ${text}`))];
  const count = lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`;
  return new GamedayError({
    code: 'bad-configuration',
    message: `${count} in the configuration\n${lines.join('\n')}`,
    hint: CORRECT,
    exitCode: EXIT.usage,
  });
}
