import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeConfig } from '../../../src/config/merge.ts';
import { nearest } from '../../../src/config/nearest.ts';

describe('merging', () => {
  test('mappings key by key, everything else replaced', () => {
    expect(mergeConfig({ a: { b: 1, c: [1, 2] }, d: 'x' }, { a: { c: [3] }, e: null })).toEqual({
      a: { b: 1, c: [3] },
      d: 'x',
      e: null,
    });
  });

  test.each([
    [{ file: '/f' }, { env: 'E' }, { env: 'E' }],
    [{ host: 'h', port: 1 }, { socket: '/s' }, { socket: '/s' }],
    [{ socket: '/s' }, { host: 'h', port: 1 }, { host: 'h', port: 1 }],
  ])('alternatives are never mixed: %j over %j', (base, over, expected) => {
    expect(mergeConfig({ it: base }, { it: over })).toEqual({ it: expected });
  });

  test('a key called __proto__ is a key like any other', () => {
    const merged = mergeConfig({ a: 1 }, JSON.parse('{"__proto__": {"b": 2}}')) as object;
    expect(Object.keys(merged)).toEqual(['a', '__proto__']);
    expect('b' in merged).toBe(false);
  });

  test('nothing over something changes nothing, and it over itself neither', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(mergeConfig(value, undefined)).toEqual(value);
        expect(mergeConfig(value, value)).toEqual(value);
      }),
    );
  });
});

describe('the nearest known word', () => {
  const known = ['scenarios', 'sessions', 'prometheus', 'rto', 'host'];

  test.each([
    ['scenarois', 'scenarios'],
    ['Sessions', 'sessions'],
    ['promtheus', 'prometheus'],
    ['rot', 'rto'],
    ['hots', 'host'],
    ['password', undefined],
    ['', undefined],
  ])('%s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });
});
