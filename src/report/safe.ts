import { COLOURS, INVISIBLE } from '../core/invisible.ts';

/** Longest text from outside that is shown in one place, in characters. */
const LONGEST = 400;

/**
 * A text from a server, a log or a configuration, made fit to be shown: one line, nothing that a terminal would obey,
 * at most `longest` characters (cut texts end with `…`).
 */
export function safeText(text: string, longest: number = LONGEST): string {
  const plain = text
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/gu, ' ')
    .replace(COLOURS, '')
    .replace(INVISIBLE, '')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = [...plain];
  return characters.length <= longest ? plain : `${characters.slice(0, longest - 1).join('')}…`;
}

/** A text of several lines, made fit to be shown: its lines and its spaces stay, what a terminal would obey goes. Not cut. */
export function safeLines(text: string): string {
  return text
    .replace(/\r\n/gu, '\n')
    .replace(/[\t\v\f\r\u0085\u2028\u2029]/gu, ' ')
    .replace(COLOURS, '')
    .replace(INVISIBLE, (character) => (character === '\n' ? character : ''));
}

/**
 * One line as `safeText` gives it, with everything taken out that Markdown or HTML would act upon: fit for a table cell and for a paragraph.
 * An underscore inside a word (`wait_primary`) means nothing to Markdown and stays readable.
 */
export function safeMarkdown(text: string, longest: number = LONGEST): string {
  return safeText(text, longest)
    .replace(/[\\`*[\]|~]/gu, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&/gu, '&amp;')
    .replace(/</gu, '&lt;')
    .replace(/^(\d+)([.)])(?=\s|$)/u, '$1\\$2')
    .replace(/^(?:[#>]|[+=-](?=[\s=-]|$))/u, '\\$&');
}
