/** How HAProxy checks one server, as its configuration file says. Times in ms. */
export interface ServerChecks {
  readonly name: string;
  /** Without `check` a server is never marked DOWN. */
  readonly checked: boolean;
  /** Between two checks of a server that is UP. */
  readonly interMs: number;
  /** Between two checks of a server that is on its way down or up. */
  readonly fastinterMs: number;
  /** Between two checks of a server that is DOWN. */
  readonly downinterMs: number;
  /** Failed checks in a row that make it DOWN. */
  readonly fall: number;
  /** Good checks in a row that make it UP again. */
  readonly rise: number;
  /** `layer4` or `layer7` where the users' own traffic is watched too; undefined where it is not. */
  readonly observe: string | undefined;
  readonly errorLimit: number;
  /** What happens at that many errors: `mark-down`, `fastinter`, … */
  readonly onError: string;
}

/** The file is no configuration of HAProxy in which this backend can be found. */
export class HaproxyConfigError extends Error {}

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SECTION =
  /^(global|defaults|frontend|backend|listen|peers|resolvers|userlist|cache|program|ring|mailers|http-errors|fcgi-app)\b/;
/** Words that stand before a value, of those that are read here. */
const VALUED = new Set(['inter', 'fastinter', 'downinter', 'fall', 'rise', 'observe', 'error-limit', 'on-error']);

type Words = ReadonlyMap<string, string>;

/**
 * The checks of each server of a backend: its own words over `default-server` of the backend over that of `defaults`
 * over what HAProxy does by itself (inter 2s, fall 3, rise 2). Throws HaproxyConfigError.
 */
export function serverChecks(text: string, backend: string): readonly ServerChecks[] {
  let section = '';
  let name = '';
  let defaults: Words = new Map();
  let own: Words | undefined;
  const servers: { readonly name: string; readonly words: Words }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [word = '', ...rest] = line
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (word === '') continue;
    if (SECTION.test(word)) {
      [section, name] = [word, rest[0] ?? ''];
      // A later section of defaults begins anew.
      if (section === 'defaults') defaults = new Map();
      if (isWanted(section, name, backend)) own = new Map(defaults);
    } else if (word === 'default-server') {
      if (section === 'defaults') defaults = read(rest, defaults);
      else if (own !== undefined && isWanted(section, name, backend)) own = read(rest, own);
    } else if (word === 'server' && own !== undefined && isWanted(section, name, backend)) {
      const [server = '', , ...options] = rest;
      servers.push({ name: server, words: read(options, own) });
    }
  }
  if (own === undefined) throw new HaproxyConfigError(`it has no backend ${backend}`);
  return servers.map(({ name: server, words }) => checksOf(server, words));
}

function isWanted(section: string, name: string, backend: string): boolean {
  return (section === 'backend' || section === 'listen') && name === backend;
}

function read(options: readonly string[], before: Words): Words {
  const words = new Map(before);
  for (let at = 0; at < options.length; at += 1) {
    const option = options[at] ?? '';
    if (option === 'check') words.set('check', 'on');
    else if (option === 'no-check') words.delete('check');
    else if (VALUED.has(option)) {
      words.set(option, options[at + 1] ?? '');
      at += 1;
    }
  }
  return words;
}

function checksOf(name: string, words: Words): ServerChecks {
  const interMs = time(words.get('inter')) ?? 2_000;
  return {
    name,
    checked: words.has('check'),
    interMs,
    fastinterMs: time(words.get('fastinter')) ?? interMs,
    downinterMs: time(words.get('downinter')) ?? interMs,
    fall: count(words.get('fall')) ?? 3,
    rise: count(words.get('rise')) ?? 2,
    observe: words.get('observe'),
    errorLimit: count(words.get('error-limit')) ?? 10,
    onError: words.get('on-error') ?? 'fail-check',
  };
}

/** A number without a unit is in ms. */
function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  if (amount === undefined) throw new HaproxyConfigError(`"${text}" is no time`);
  return Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
}

function count(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new HaproxyConfigError(`"${text}" is no number`);
  return Number(text);
}
