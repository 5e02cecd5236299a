/** Shorter values are not looked for in base64: too much else would look like them. */
const SHORTEST_IN_BASE64 = 6;

/** `&` and the like as XML and HTML write them. */
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** Spaces and line ends: messages are put on one line, and URLs write them in several ways. */
const SPACE = '(?:\\s|\\+|%20|%0[9aAdD]|\\\\{1,8}[nrt])+';

/**
 * Source of a regular expression (flag `u`) that finds a secret as it is, or as JSON, URLs, XML or base64 write it. Every
 * run of white space stands for every other.
 */
export function patternOf(secret: string): string {
  const plain = [...secret].map((character) => (character === ' ' ? SPACE : characterPattern(character)));
  const encoded = secret.length < SHORTEST_IN_BASE64 ? [] : base64Cores(secret);
  return [plain.join(''), ...encoded.map(base64Pattern)].join('|');
}

/** One character in all the ways in which it may be written; ways may be mixed from one character to the next. */
function characterPattern(character: string): string {
  const ways = [escaped(character), percentPattern(character), unicodePattern(character)];
  // JSON inside JSON doubles what was escaped.
  if (character === '"' || character === '/') ways.push(`\\\\{1,8}${character === '/' ? '\\/' : '"'}`);
  if (character === '\\') ways.push('\\\\{2,8}');
  const entity = ENTITIES[character];
  const code = character.codePointAt(0) ?? 0;
  if (entity !== undefined) ways.push(`&${entity};`, `&#0*${code};`, `&#[xX]0*${anyCase(code.toString(16))};`);
  // Longest first: a backslash that is doubled is one character, not two.
  return `(?:${ways.reverse().join('|')})`;
}

function percentPattern(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('');
}

function unicodePattern(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\\\{1,8}u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('');
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

/**
 * The part of the base64 text that is the same whatever stands around the secret, for each of its three alignments: a
 * password inside `user:password` is encoded with its neighbours.
 */
function base64Cores(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const mixed = Math.ceil((before * 8) / 6);
    return text.slice(mixed, Math.floor(((before + bytes.length) * 8) / 6));
  });
}

/** With what belongs to it at the end; the alphabet for URLs too, and as JSON and URLs escape it. */
function base64Pattern(core: string): string {
  const ways: Readonly<Record<string, string>> = {
    '+': '(?:[+\\-]|%2[bB])',
    '/': '(?:\\\\{0,8}\\/|_|%2[fF])',
  };
  return `${[...core].map((character) => ways[character] ?? character).join('')}(?:=|%3[dD]){0,2}`;
}
