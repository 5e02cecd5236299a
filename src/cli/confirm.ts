import { EXIT, GamedayError } from '../core/errors.ts';
import { asWriteStream } from '../world/as-write-stream.ts';
import type { Stream } from '../world/world.ts';

export interface ConfirmInput {
  readonly kind: 'lab' | 'staging' | 'production';
  readonly environment: string;
  /** What is about to be broken, for the question: `A, C`. */
  readonly what: string;
  readonly yes: boolean;
  readonly confirm: string | undefined;
  /** Standard input and stderr are both terminals: only then can a person be asked. */
  readonly canAsk: boolean;
}

/** Asks a person; both resolve to undefined when they cancel. */
export interface Prompter {
  yesNo(question: string): Promise<boolean | undefined>;
  text(question: string): Promise<string | undefined>;
}

/**
 * The rules of DESIGN section 8: the lab needs nothing; anywhere else y/N or `--yes`; production its name, typed or by
 * `--confirm`, which `--yes` never replaces. Throws a GamedayError (usage) when the answer is not a clear yes.
 */
export async function confirmRun(input: ConfirmInput, prompter: Prompter): Promise<void> {
  const { kind, environment, what } = input;
  if (kind === 'lab') return;
  if (kind === 'production') {
    if (input.confirm !== undefined) {
      if (input.confirm === environment) return;
      throw refused(
        `--confirm says "${input.confirm}", but this environment is "${environment}"`,
        'look at the configuration: is this the environment you meant?',
      );
    }
    if (!input.canAsk)
      throw refused(
        `"${environment}" is production, and there is no terminal to ask on`,
        `add --confirm ${environment}; --yes does not replace it`,
      );
    const typed = await prompter.text(
      `This breaks nodes of PRODUCTION (${what}). Type its name, ${environment}, to go on`,
    );
    if (typed === environment) return;
    throw refused('the name was not typed, so nothing was broken', `run again and type ${environment}`);
  }
  if (input.yes) return;
  if (!input.canAsk)
    throw refused(`"${environment}" is no lab, and there is no terminal to ask on`, 'add --yes when you mean it');
  const answer = await prompter.yesNo(`This breaks nodes of ${environment} (${what}). Go on?`);
  if (answer !== true) throw refused('not confirmed, so nothing was broken', 'run again and answer y, or add --yes');
}

/** Questions on stderr with clack, which is loaded only when there is something to ask. */
export function terminalPrompter(stream: Stream): Prompter {
  const output = asWriteStream(stream);
  return {
    async yesNo(message) {
      const { confirm, isCancel } = await import('@clack/prompts');
      const answer = await confirm({ message, initialValue: false, output });
      return isCancel(answer) ? undefined : answer;
    },
    async text(message) {
      const { isCancel, text } = await import('@clack/prompts');
      const answer = await text({ message, output });
      return isCancel(answer) ? undefined : answer;
    },
  };
}

function refused(message: string, hint: string): GamedayError {
  return new GamedayError({ code: 'not-confirmed', message, hint, exitCode: EXIT.usage });
}
