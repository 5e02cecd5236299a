import { isJsonObject } from '../core/json.ts';
import { OUTCOMES } from '../core/outcome.ts';
import { STEPS } from '../core/scenario.ts';

/** True where a value has the shape. What it holds besides is of no interest: a later version may say more. */
export type Shape = (value: unknown) => boolean;

/** A shape for every property of a type, so that a new one cannot be forgotten. */
export type ShapesOf<T> = { readonly [K in keyof T]-?: Shape };

export const text: Shape = (value) => typeof value === 'string';
export const flag: Shape = (value) => typeof value === 'boolean';
export const number: Shape = (value) => typeof value === 'number' && Number.isFinite(value);
export const anyObject: Shape = isJsonObject;

export function optional(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

export function nullable(shape: Shape): Shape {
  return (value) => value === null || shape(value);
}

export function oneOf(...words: readonly string[]): Shape {
  return (value) => typeof value === 'string' && words.includes(value);
}

export function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

/** A list of fixed places, the last ones optional. */
export function tuple(...shapes: readonly Shape[]): Shape {
  return (value) =>
    Array.isArray(value) && value.length <= shapes.length && shapes.every((shape, index) => shape(value[index]));
}

/** Texts by any name. */
export const labels: Shape = (value) => isJsonObject(value) && Object.values(value).every(text);

/** Values of one shape by any name. */
export function mapOf(shape: Shape): Shape {
  return (value) => isJsonObject(value) && Object.values(value).every(shape);
}

export function object<T>(shapes: ShapesOf<T>): Shape {
  const entries = Object.entries<Shape>(shapes);
  return (value) => isJsonObject(value) && entries.every(([key, shape]) => shape(own(value, key)));
}

/** The name of the first property that has another shape; undefined when all are right. */
export function misshapen(value: object, shapes: Readonly<Record<string, Shape>>): string | undefined {
  return Object.entries(shapes).find(([key, shape]) => !shape(own(value, key)))?.[0];
}

function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

export const outcome = oneOf(...OUTCOMES);
export const headings: Shape = (value) => isJsonObject(value) && STEPS.every((step) => text(own(value, step)));
