/** Control, format (bidirectional overrides, zero width), lone surrogates, line and paragraph separators. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Colours and cursor movements. Other terminal sequences lose their control characters and stay visible as text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for
export const COLOURS = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/gu;

/** A text without all that, its white space excepted. */
export function withoutInvisible(text: string): string {
  return text.replace(COLOURS, '').replace(INVISIBLE, (character) => (/\s/u.test(character) ? character : ''));
}
