import type { GamedayErrorInit } from '../core/errors.ts';
import type { Stream } from '../world/world.ts';
import { sayJson } from './say.ts';

/** True where the words of a command line ask for JSON. */
export function asksJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

/** The one document on stdout where a command that was asked for JSON ends with an error. */
export function sayJsonError(out: Stream, error: Omit<GamedayErrorInit, 'cause'>): void {
  const { code, message, hint, exitCode } = error;
  sayJson(out, { version: 1, error: { code, message, hint }, exit: exitCode });
}
