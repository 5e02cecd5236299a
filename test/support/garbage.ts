import fc from 'fast-check';

/** Any JSON value, the odd ones included: names of an object's own machinery, numbers at the edge, empty texts. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1e308,
      '',
      '0',
      '__proto__',
      'ok',
      'UP',
      'primary',
      '\u0000\u202e',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'status', 'name'), fc.string()), tie('value'), {
      maxKeys: 4,
    }),
  ),
})).value;

/** A place in a JSON value: keys and indexes from the outside in. */
type Path = readonly (string | number)[];

/** Every place in a value, the whole of it included. */
export function placesIn(value: unknown): readonly Path[] {
  const inside = (steps: readonly (readonly [string | number, unknown])[]) =>
    steps.flatMap(([step, one]) => placesIn(one).map((path): Path => [step, ...path]));
  if (Array.isArray(value)) return [[], ...inside([...value.entries()])];
  if (typeof value === 'object' && value !== null) return [[], ...inside(Object.entries(value))];
  return [[]];
}

/** The value with another one at a place; `undefined` takes it away. */
export function withAt(value: unknown, path: Path, other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return other;
  if (Array.isArray(value)) {
    const items = value.flatMap((one, index) => {
      if (index !== step) return [one];
      const changed = withAt(one, rest, other);
      return changed === undefined ? [] : [changed];
    });
    return items;
  }
  const entries = Object.entries(value as object).map(([key, one]) => [
    key,
    key === step ? withAt(one, rest, other) : one,
  ]);
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

/** A good value with one to three places changed into something else, or taken away. */
export function damaged(good: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(good);
  const change = fc.record({ at: fc.nat(places.length - 1), to: fc.option(anyJson, { nil: undefined, freq: 3 }) });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce<unknown>((value, { at, to }) => {
      const path = places[at] ?? [];
      return exists(value, path) ? withAt(value, path, to) : value;
    }, good),
  );
}

function exists(value: unknown, path: Path): boolean {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return false;
    here = Object.getOwnPropertyDescriptor(here, step)?.value;
  }
  return true;
}

/** One change to a text: a piece cut out, doubled or overwritten. */
interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
  readonly twice: boolean;
}

/** Edits of a text, for texts that are too long to be shown when one of them is at fault. */
export function editsOf(good: string): fc.Arbitrary<Edit> {
  const put = fc.oneof(
    fc.constantFrom('', '\n', '\r\n', ',', '"', ':', '$-1', '*2', '<', '</', '{', '[', '\u0000', '-1', '0'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  return fc.record({ at: fc.nat(good.length), cut: fc.nat(Math.min(good.length, 40)), put, twice: fc.boolean() });
}

export function edited(good: string, { at, cut, put, twice }: Edit): string {
  const piece = good.slice(at, at + cut);
  return `${good.slice(0, at)}${put}${twice ? piece + piece : ''}${good.slice(at + cut)}`;
}

/** A good text with one edit. */
export function damagedText(good: string): fc.Arbitrary<string> {
  return editsOf(good).map((edit) => edited(good, edit));
}
