import type { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { ConfigDocument, ConfigPath } from './document.ts';
import { describeExpected, isDurationPlace, isSecretPlace, knownKeys, schemaAt } from './expected.ts';
import { nearest } from './nearest.ts';
import type { ConfigProblem } from './problems.ts';

/** Turns what zod found into places in the file and words for people. `value` is what was checked (the file, or lab and file merged). */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  document: ConfigDocument,
  value: unknown,
  schema: JsonObject,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => explain(issue, document, value, schema));
}

function explain(
  issue: z.core.$ZodIssue,
  document: ConfigDocument,
  value: unknown,
  schema: JsonObject,
): readonly ConfigProblem[] {
  const { path } = issue;
  const meant = meantOption(issue);
  if (meant !== undefined)
    return meant.flatMap((one) => explain({ ...one, path: [...path, ...one.path] }, document, value, schema));
  const here = schemaAt(schema, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...document.locateKey([...path, key]),
      text: unknownKey(key, path, knownKeys(here)),
    }));
  }
  const subject = path.length === 0 ? 'the file' : pathText(path);
  const found = valueAt(value, path);
  if (found === undefined) {
    return [
      { ...document.locateKey(path.slice(0, -1)), text: `${subject} is missing: write ${describeExpected(here)}` },
    ];
  }
  const place = document.locate(path);
  if (isSecretPlace(here)) {
    const wrong =
      typeof found === 'string' ? `${subject}: a secret never stands in the file` : `${subject} is ${kindOf(found)}`;
    return [{ ...place, text: `${wrong}: write { env: NAME } or { file: PATH }` }];
  }
  return [{ ...place, text: `${subject}: ${reasonOf(issue, found, here)}` }];
}

/** Of several forms the one that was meant: only its own mistakes help. Undefined where none or more than one is of the right kind. */
function meantOption(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const fitting = issue.errors.filter(
    (issues) => !issues.some(({ path, code }) => path.length === 0 && /^invalid_(type|value|union)$/.test(code)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function reasonOf(issue: z.core.$ZodIssue, found: unknown, here: JsonObject | undefined): string {
  switch (issue.code) {
    case 'custom':
      return `${show(found)} is ${issue.message}`;
    case 'too_small':
      return `${sizeOf(found)} is too little: at least ${issue.minimum}${issue.inclusive === false ? ' (exclusive)' : ''}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${sizeOf(found)} is too much: at most ${issue.maximum}${issue.inclusive === false ? ' (exclusive)' : ''}${unitOf(issue.origin)}`;
    case 'invalid_format': {
      const rule = describeExpected(here);
      return `${show(found)} is not right: write ${rule === 'a text' ? issue.message : rule}`;
    }
    default: {
      if (typeof found === 'number' && isDurationPlace(here))
        return `${found} has no unit: write ${describeExpected(here)}`;
      const expected = describeExpected(here);
      const meant =
        typeof found === 'string' && Array.isArray(here?.enum) ? nearest(found, here.enum.map(String)) : undefined;
      return `${show(found)} is not right: write ${expected}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    }
  }
}

function unknownKey(key: string, path: ConfigPath, known: readonly string[]): string {
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`;
  const meant = nearest(key, known);
  const right = meant === undefined ? `known keys: ${known.join(', ') || 'none'}` : `did you mean "${meant}"?`;
  return `unknown key "${key}"${where}: ${right}`;
}

/** `scenarios.A.nodes[0].port` */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((current, step) => {
    if (typeof current !== 'object' || current === null) return undefined;
    return Object.getOwnPropertyDescriptor(current, step)?.value;
  }, value);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

function sizeOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return value === '' ? 'an empty text' : show(value);
  return show(value);
}

function unitOf(origin: string): string {
  if (origin === 'array' || origin === 'set') return ' in the list';
  return origin === 'string' ? ' characters' : '';
}
