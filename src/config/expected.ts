import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ConfigPath } from './document.ts';

/** The JSON Schema of one place in the file, or undefined where nothing is known about it. */
export function schemaAt(schema: JsonObject, path: ConfigPath): JsonObject | undefined {
  let current: JsonObject | undefined = schema;
  for (const step of path) {
    const found: unknown = current === undefined ? undefined : stepInto(current, step);
    current = isJsonObject(found) ? found : undefined;
  }
  return current;
}

function stepInto(schema: JsonObject, step: PropertyKey): unknown {
  if (typeof step === 'number') return schema.items;
  const forms = alternatives(schema);
  if (forms.length > 0) return forms.map((form) => stepInto(form, step)).find(isJsonObject);
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  return Object.hasOwn(properties, step) ? properties[String(step)] : schema.additionalProperties;
}

/** Keys that may stand at a place. */
export function knownKeys(schema: JsonObject | undefined): readonly string[] {
  if (schema === undefined) return [];
  return isJsonObject(schema.properties) ? Object.keys(schema.properties) : alternatives(schema).flatMap(knownKeys);
}

const DURATION = 'a duration with its unit, like 250ms, 10s or 1m30s';

/** True where a time is meant: a bare number there has no unit. */
export function isDurationPlace(schema: JsonObject | undefined): boolean {
  return typeof schema?.pattern === 'string' && schema.pattern.includes('(ms|s|m|h)');
}

/** What would be right at a place, in words: `a text`, `one of lab, staging`, `{ env: a text } or { file: a text }`. */
export function describeExpected(schema: JsonObject | undefined): string {
  if (schema === undefined) return 'something else';
  if (isDurationPlace(schema)) return DURATION;
  if (typeof schema.description === 'string' && schema.properties === undefined) return schema.description;
  const options = alternatives(schema);
  if (options.length > 0) return options.map(describeExpected).join(' or ');
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return String(schema.const);
  switch (schema.type) {
    case 'string':
      return schema.format === 'uri' ? 'a URL' : 'a text';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return 'a list';
    case 'object':
      return describeObject(schema);
    default:
      return 'something else';
  }
}

/** True where a secret is read from the environment or a file: a text there may be the secret itself and is never shown. */
export function isSecretPlace(schema: JsonObject | undefined): boolean {
  return schema !== undefined && ['env', 'file'].every((key) => knownKeys(schema).includes(key));
}

function alternatives(schema: JsonObject): readonly JsonObject[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isJsonObject) : [];
}

function describeObject(schema: JsonObject): string {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  if (required.length === 0) return 'a mapping';
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const inside = required.map((key) => {
    const one = properties[key];
    const nested =
      isJsonObject(one) && one.type === 'object' ? '{ … }' : describeExpected(isJsonObject(one) ? one : undefined);
    return `${key}: ${nested}`;
  });
  return `{ ${inside.join(', ')} }`;
}
