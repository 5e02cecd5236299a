import { EXIT, GamedayError } from '../core/errors.ts';
import { safeText } from '../report/safe.ts';
import { asWriteStream } from '../world/as-write-stream.ts';
import type { Stream } from '../world/world.ts';

export interface ConfirmInput {
  readonly kind: 'lab' | 'staging' | 'production';
  readonly environment: string;
  /** Production, or named by the configuration's list `protected`: its name is asked for, whatever its kind. */
  readonly guarded: boolean;
  readonly yes: boolean;
  readonly confirm: string | undefined;
  /** Standard input and stderr are both terminals: only then can a person be asked. */
  readonly canAsk: boolean;
  /** Shows what is about to be broken: before each question, and before a name from the command line is taken for one. */
  readonly showPlan: () => Promise<void>;
}

/** Asks a person; both resolve to undefined when they cancel. */
export interface Prompter {
  yesNo(question: string): Promise<boolean | undefined>;
  text(question: string): Promise<string | undefined>;
}

/**
 * Nothing is broken before this resolves. The lab needs nothing; anywhere else y/N or `--yes`; a guarded environment its
 * name, typed or by `--confirm`, which `--yes` never replaces. A `--confirm` with another name is refused everywhere: it
 * was meant for another environment. Throws a GamedayError (usage) when the answer is not a clear yes.
 */
export async function confirmRun(input: ConfirmInput, prompter: Prompter): Promise<void> {
  const { kind, environment, guarded, confirm } = input;
  if (confirm !== undefined) {
    if (confirm !== environment)
      throw refused(
        `--confirm says "${safeText(confirm)}", but this environment is "${environment}"`,
        'look at the configuration: is this the environment you meant?',
      );
    if (guarded) await input.showPlan();
    return;
  }
  if (guarded) return askForName(input, prompter);
  if (kind === 'lab' || input.yes) return;
  if (!input.canAsk)
    throw refused(`"${environment}" is no lab, and there is no terminal to ask on`, 'add --yes when you mean it');
  await input.showPlan();
  const answer = await prompter.yesNo(`This breaks nodes of ${environment}. Go on?`);
  if (answer !== true) throw refused('not confirmed, so nothing was broken', 'run again and answer y, or add --yes');
}

async function askForName({ kind, environment, canAsk, showPlan }: ConfirmInput, prompter: Prompter): Promise<void> {
  const what = kind === 'production' ? 'production' : 'protected by the configuration';
  if (!canAsk)
    throw refused(
      `"${environment}" is ${what}, and there is no terminal to ask on`,
      `add --confirm ${environment}; --yes does not replace it`,
    );
  await showPlan();
  const typed = await prompter.text(`This breaks nodes of ${environment}, which is ${what}. Type its name to go on`);
  if (typed === environment) return;
  throw refused('the name was not typed, so nothing was broken', `run again and type ${environment}`);
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
