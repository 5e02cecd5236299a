import { EXIT, GamedayError } from '../core/errors.ts';

export interface Selection {
  /** Ids to drill, in the scenarios' own order. */
  readonly chosen: readonly string[];
  /** Ids that were left out on purpose, with the reason for the report. */
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  /** Ids that --only named: one of these that cannot be drilled is an error, not a remark. */
  readonly named: ReadonlySet<string>;
}

/** By what a choice was made, for messages. */
export interface ChosenBy {
  /** `--only` or `ONLY`. */
  readonly only: string;
  /** `--skip` or `SKIP`. */
  readonly skip: string;
}

const BY_OPTIONS: ChosenBy = { only: '--only', skip: '--skip' };

/**
 * What `--only` and `--skip` (or ONLY and SKIP) choose of the known scenarios. Both may be given: first only, then skip.
 * Throws a GamedayError (usage) for an unknown id and for an empty selection.
 */
export function selectScenarios(
  known: readonly string[],
  only: string | undefined,
  skip: string | undefined,
  by: ChosenBy = BY_OPTIONS,
): Selection {
  const named = new Set(parseIds(only, known, by.only));
  const skipped = new Set(parseIds(skip, known, by.skip));
  const leftOut: { id: string; reason: string }[] = [];
  const chosen: string[] = [];
  for (const id of known) {
    if (skipped.has(id)) leftOut.push({ id, reason: `left out by ${by.skip}` });
    else if (named.size > 0 && !named.has(id)) leftOut.push({ id, reason: `not named by ${by.only}` });
    else chosen.push(id);
  }
  if (chosen.length === 0) {
    throw new GamedayError({
      code: 'empty-selection',
      message: 'no scenario is left to run',
      hint: known.every((id) => skipped.has(id))
        ? `${by.skip} leaves out every one of ${known.join(', ')}: leave out fewer`
        : `${by.only} and ${by.skip} together leave none of ${known.join(', ')}: take one of them away`,
      exitCode: EXIT.usage,
    });
  }
  return { chosen, leftOut, named };
}

/** The option as given, else the environment variable; empty text counts as not given. */
export function optionOrEnv(option: string | undefined, fromEnv: string | undefined): string | undefined {
  if (option !== undefined) return option;
  return fromEnv === undefined || fromEnv.trim() === '' ? undefined : fromEnv;
}

/** `A`, `A,C`, `A C` or `AC`, in any case. */
function parseIds(text: string | undefined, known: readonly string[], by: string): readonly string[] {
  if (text === undefined) return [];
  const ids = text
    .toUpperCase()
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .flatMap((part) => (known.includes(part) || /[^A-Z]/.test(part) ? [part] : [...part]));
  if (ids.length === 0) {
    throw new GamedayError({
      code: 'empty-selection',
      message: `${by} names no scenario`,
      hint: `name some of ${known.join(', ')}, like ${by}${by.startsWith('--') ? ' ' : '='}${known[0] ?? 'A'}`,
      exitCode: EXIT.usage,
    });
  }
  const unknown = [...new Set(ids.filter((id) => !known.includes(id)))];
  if (unknown.length > 0) {
    throw new GamedayError({
      code: 'unknown-scenario',
      message: `unknown scenario ${unknown.map((id) => `"${id}"`).join(', ')} in ${by}`,
      hint: `known scenarios: ${known.join(', ')}; gameday scenarios describes them, and --second-strike strikes each chosen one twice`,
      exitCode: EXIT.usage,
    });
  }
  return ids;
}
