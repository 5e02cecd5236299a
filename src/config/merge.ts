import { isJsonObject } from '../core/json.ts';

/** Keys that are alternatives to each other: an object with one of them is taken whole, never mixed with what was there. */
const ALTERNATIVES: ReadonlySet<string> = new Set(['env', 'file', 'socket', 'journald', 'docker']);

/**
 * The file's values over the lab's. Objects are merged key by key; everything else, lists included, is replaced.
 * Nothing is shared with either argument that the caller could change by accident.
 */
export function mergeConfig(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isJsonObject(base) || !isJsonObject(over) || isAlternative(base) || isAlternative(over)) return over;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, mergeConfig(own(base, key), own(over, key))]));
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function isAlternative(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && keys.every((key) => ALTERNATIVES.has(key));
}
