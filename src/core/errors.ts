/** Exit codes of the command, as the README lists them. */
export const EXIT = {
  pass: 0,
  fail: 1,
  usage: 2,
  inconclusive: 3,
  internal: 4,
  notRestored: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface GamedayErrorInit {
  /** Stable, machine-readable, kebab-case: `lab-not-running`. */
  readonly code: string;
  /** What happened, and to which node or file. */
  readonly message: string;
  /** What the user can do next. */
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly cause?: unknown;
}

/** The one error that is shown to users: what happened, and what to do about it. Anything else that reaches the top is an internal error. */
export class GamedayError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly exitCode: ExitCode;

  constructor(init: GamedayErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'GamedayError';
    this.code = init.code;
    this.hint = init.hint;
    this.exitCode = init.exitCode;
  }
}

/** The text of anything thrown, its causes included, on one line. A cause that the text says already is not said twice. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || (error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.name);
  const cause = error.cause === undefined ? '' : messageOf(error.cause);
  const text = oneLine(own);
  return text.includes(cause) ? text : oneLine(`${own}: ${cause}`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
