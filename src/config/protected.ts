import type { ConfigShape } from './schema.ts';

/**
 * Whether an environment may be broken only after its name was typed (or given by `--confirm`): production is, and so is
 * whatever the list `protected` names. Capitals do not count: `Shop-Prod` is meant by `shop-*`.
 */
export function isGuarded({
  environment,
  protected: patterns,
}: Pick<ConfigShape, 'environment' | 'protected'>): boolean {
  const name = environment.name.toLowerCase();
  return environment.kind === 'production' || patterns.some((pattern) => matches(name, pattern.toLowerCase()));
}

/** The parts between the stars, in order: the first at the start, the last at the end. No regular expression, so no text can make it slow. */
function matches(name: string, pattern: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  const middle = name.slice(first.length, name.length - last.length);
  let at = 0;
  for (const part of others) {
    const found = middle.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
