import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** What is looked at: the samples of a probe, or the writes of a ledger. */
export type Series = { readonly probe: string } | { readonly ledger: string };

/**
 * A fact that must be seen: `key` takes a value on at least `atLeast` of the probes. The key `@victim` stands for the
 * names of all nodes that were stopped (each must satisfy), `@others` for any key that is not one of them (one is enough).
 * `changed`: another value than at the time of the fault, and the same one where `atLeast` is more than 1.
 */
export type Agreement = {
  readonly probes: readonly string[];
  readonly key: string;
  readonly to: { readonly oneOf: readonly string[] } | 'changed';
  readonly atLeast: number;
};

/**
 * `all-down`: last fault proven to first undo requested. `outage`: first fault requested to first undo requested.
 * `whole`: the fault to the end. `after`: from the moment the facts were surely seen to the end.
 */
export type Window = 'all-down' | 'outage' | 'whole' | { readonly after: Agreement };

/** Where a clock starts: at the stop, or at the order to bring the node back. */
export type Origin = 'fault' | 'undo';

/** The parameters of a gate are wrong: it cannot be judged. */
export class ParamError extends Error {}

export function readNumber(params: JsonObject, name: string): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new ParamError(`${name} is no number of 0 or more`);
  return value;
}

/** At least `least`, and whole. */
export function readCount(params: JsonObject, name: string, least: number): number {
  const value = readNumber(params, name);
  if (!Number.isInteger(value) || value < least) throw new ParamError(`${name} is no whole number of ${least} or more`);
  return value;
}

export function readFlag(params: JsonObject, name: string): boolean {
  const value = params[name];
  if (typeof value !== 'boolean') throw new ParamError(`${name} is neither true nor false`);
  return value;
}

export function readText(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value !== 'string' || value === '') throw new ParamError(`${name} is no text`);
  return value;
}

export function readTexts(params: JsonObject, name: string): readonly string[] {
  const list = readList(params, name);
  if (!list.every((item) => typeof item === 'string' && item !== ''))
    throw new ParamError(`${name} is no list of texts`);
  return list as readonly string[];
}

export function readObjects(params: JsonObject, name: string): readonly JsonObject[] {
  const list = readList(params, name);
  if (!list.every(isJsonObject)) throw new ParamError(`${name} is no list of objects`);
  return list as readonly JsonObject[];
}

export function readChoice<T extends string>(params: JsonObject, name: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === params[name]);
  if (found === undefined) throw new ParamError(`${name} is none of ${choices.join(', ')}`);
  return found;
}

export function readSeries(value: Json | undefined): Series {
  if (isJsonObject(value)) {
    if ('probe' in value) return { probe: readText(value, 'probe') };
    if ('ledger' in value) return { ledger: readText(value, 'ledger') };
  }
  throw new ParamError('a series names neither a probe nor a ledger');
}

export function readAgreement(value: Json | undefined): Agreement {
  if (!isJsonObject(value)) throw new ParamError('the facts to be seen are missing');
  const probes = readTexts(value, 'probes');
  const atLeast = readCount(value, 'atLeast', 1);
  if (atLeast > probes.length) throw new ParamError(`at least ${atLeast} of ${probes.length} probes can never agree`);
  const key = readText(value, 'key');
  if (value.to === 'changed') return { probes, key, to: 'changed', atLeast };
  if (!isJsonObject(value.to)) throw new ParamError('to is neither changed nor a list of values');
  return { probes, key, to: { oneOf: readTexts(value.to, 'oneOf') }, atLeast };
}

export function readWindow(value: Json | undefined): Window {
  if (value === 'all-down' || value === 'outage' || value === 'whole') return value;
  if (isJsonObject(value) && 'after' in value) return { after: readAgreement(value.after) };
  throw new ParamError('the window is not known');
}

function readList(params: JsonObject, name: string): readonly Json[] {
  const value = params[name];
  if (!Array.isArray(value) || value.length === 0) throw new ParamError(`${name} is no list, or empty`);
  return value;
}
