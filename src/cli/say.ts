import { visibleJson } from '../core/json.ts';
import { redactTexts } from '../core/secret.ts';
import { safeLines, safeText } from '../report/safe.ts';
import type { Stream } from '../world/world.ts';
import { redactKnown } from './secrets.ts';

/** Longest line from outside that is shown. */
const LONGEST = 2_000;

/** A text of several lines as a terminal may see it: no secret, nothing that it would obey. */
export function shown(text: string): string {
  return safeLines(redactKnown(text));
}

/** Writes a text that brings its own line ends. */
export function say(stream: Stream, text: string): void {
  stream.write(shown(text));
}

/** Writes texts that may come from anywhere, each on one line of its own. */
export function sayLines(stream: Stream, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${safeText(redactKnown(line), LONGEST)}\n`);
}

/** Writes one JSON document. */
export function sayJson(stream: Stream, value: unknown): void {
  stream.write(`${visibleJson(JSON.stringify(redactTexts(value, redactKnown), null, 2))}\n`);
}
