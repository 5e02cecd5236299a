import { EXIT, type ExitCode, GamedayError, messageOf } from '../core/errors.ts';
import { shown } from './say.ts';

export interface ToldError {
  readonly text: string;
  readonly exitCode: ExitCode;
}

/** The one place that turns an error into text, fit for a terminal and without secrets. Anything but a GamedayError is our own mistake: exit 4, with the stack on request. */
export function describeError(error: unknown, debug: boolean): ToldError {
  if (error instanceof GamedayError) {
    const cause = error.cause === undefined ? '' : messageOf(error.cause);
    const also = error.message.includes(cause) ? '' : `cause: ${cause}\n`;
    return { text: shown(`error: ${error.message}\n${also}hint: ${error.hint}\n`), exitCode: error.exitCode };
  }
  const stack = error instanceof Error && debug ? `${error.stack ?? ''}\n` : '';
  const hint = debug
    ? 'this is a defect of gameday: please report it with the lines above'
    : 'this is a defect of gameday: run the command again with GAMEDAY_DEBUG=1 for its stack';
  return { text: shown(`internal error: ${messageOf(error)}\n${stack}hint: ${hint}\n`), exitCode: EXIT.internal };
}
