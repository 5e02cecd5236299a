import { withoutInvisible } from './invisible.ts';
import { patternOf } from './secret-forms.ts';

/** Where a secret comes from. The value itself never stands in a configuration. */
export type SecretRef = { readonly env: string } | { readonly file: string };

const MASK = '[redacted]';

/** Shorter values are left alone: replacing them would garble everything and hide nothing. */
export const SHORTEST_SECRET = 4;

/** Of much longer ones no regular expression can be made: every redaction would fail with it. */
export const LONGEST_SECRET = 1024;

/** So much of a secret at the edge of a text is taken for one that was cut in two. */
const SHORTEST_PART = 8;

type Span = readonly [start: number, end: number];

/**
 * Makes a function that replaces every known secret in a text, also where it stands JSON-escaped, URL-encoded, escaped
 * for XML or (from six characters on) in base64, with control characters in between, and where a text that was cut to
 * size holds a good part of it. Secrets that overlap or touch are hidden by one mask.
 */
export function makeRedactor(secrets: Iterable<string>): (text: string) => string {
  const known = [...new Set([...secrets].map(onOneLine))];
  const hidden = known.filter((secret) => secret.length >= SHORTEST_SECRET);
  const patterns = hidden.map((secret) => new RegExp(patternOf(secret), 'gu'));
  const shortest = Math.min(SHORTEST_PART, ...hidden.map((secret) => secret.length));
  const hide = (text: string): string => {
    const spans = patterns.flatMap((pattern) => spansOf(pattern, text));
    return masked(text, [...spans, ...hidden.flatMap((secret) => cutSpans(secret, text))]);
  };
  return (text) => {
    if (text.length < shortest) return text;
    // What is shown later is shown without control characters: a secret must not come together then.
    const plain = withoutInvisible(text);
    const hidden = plain === text ? plain : hide(plain);
    return hidden === plain ? hide(text) : hidden;
  };
}

/** False for a secret that no redactor could take out of a text. */
export function canBeHidden(secret: string): boolean {
  const { length } = onOneLine(secret);
  return length >= SHORTEST_SECRET && length <= LONGEST_SECRET;
}

/** Messages are put on one line, with one space for many: so is what is looked for. */
function onOneLine(secret: string): string {
  return secret.replace(/\s+/gu, ' ').trim();
}

/** Redacts every text inside a value. Of keys only those of `labels`: all others are our own words, and no server's. */
export function redactTexts<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((item) => redactTexts(item, redact)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
    const told = redactTexts(item, redact);
    return [key, key === 'labels' ? redactKeys(told, redact) : told] as const;
  });
  return Object.fromEntries(entries) as T;
}

function redactKeys(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [redact(key), item]));
}

/** Every match, those that overlap too. */
function spansOf(pattern: RegExp, text: string): readonly Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    spans.push([match.index, match.index + match[0].length]);
    // A whole character: in the middle of one the search would step back.
    pattern.lastIndex = match.index + ((text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1);
  }
  return spans;
}

/** The beginning of the secret at the end of the text (also with `…` behind it), its end at the beginning. */
function cutSpans(secret: string, text: string): readonly Span[] {
  if (secret.length <= SHORTEST_PART) return [];
  const spans: Span[] = [];
  const end = text.endsWith('…') ? text.length - 1 : text.length;
  const from = text.indexOf(secret.slice(0, SHORTEST_PART), Math.max(0, end - secret.length));
  if (from !== -1 && secret.startsWith(text.slice(from, end))) spans.push([from, end]);
  const at = text.slice(0, secret.length).lastIndexOf(secret.slice(-SHORTEST_PART));
  const to = at + SHORTEST_PART;
  if (at !== -1 && secret.endsWith(text.slice(0, to))) spans.push([0, to]);
  return spans;
}

function masked(text: string, spans: readonly Span[]): string {
  let result = '';
  let end = 0;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    // Overlapping or touching the one before: its mask hides this one too.
    if (from > end || end === 0) result += text.slice(end, from) + MASK;
    end = Math.max(end, to);
  }
  return result + text.slice(end);
}
