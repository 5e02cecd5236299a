import { isJsonObject, type JsonObject } from '../core/json.ts';

/** `data.<key>` of an answer of Prometheus. Throws when it is no such answer. */
export function dataOf(answer: unknown, key: string): unknown {
  if (!isJsonObject(answer) || answer.status !== 'success' || !isJsonObject(answer.data))
    throw new Error(`Prometheus gave no ${key}`);
  return answer.data[key];
}

/** A list of objects. Throws when it is none: an empty list must mean that there is nothing. */
export function objectsOf(value: unknown, what: string): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw new Error(`${what}: not a list of objects`);
  return value;
}

/** A name that is not empty. Throws when there is none. */
export function nameOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${what} without a name`);
  return value;
}

/** Labels, all of them texts: left out, one would make it the alert or the target of another node. */
export function labelsOf(value: unknown, what: string): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw new Error(`${what} without labels`);
  const labels = Object.entries(value).map(([name, text]): [string, string] => {
    if (typeof text !== 'string') throw new Error(`${what} with a label that is no text`);
    return [name, text];
  });
  return Object.fromEntries(labels);
}

/** One result of an instant query. */
export interface VectorItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The result of an instant query that gives a vector. */
export function vectorOf(answer: unknown): readonly VectorItem[] {
  return objectsOf(dataOf(answer, 'result'), 'a query').map(({ metric, value }) => ({
    labels: labelsOf(metric, 'a series'),
    value: Array.isArray(value) ? Number(value[1]) : Number.NaN,
  }));
}
