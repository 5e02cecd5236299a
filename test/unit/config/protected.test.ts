import { describe, expect, test } from 'vitest';
import { isGuarded } from '../../../src/config/protected.ts';
import { configSchema } from '../../../src/config/schema.ts';

const guarded = (name: string, kind: 'lab' | 'staging' | 'production', patterns: readonly string[]) =>
  isGuarded({ environment: { name, kind }, protected: [...patterns] });

test('production is guarded by its kind alone, and nothing else is', () => {
  expect(guarded('shop', 'production', [])).toBe(true);
  expect(guarded('shop', 'staging', [])).toBe(false);
  expect(guarded('lab', 'lab', [])).toBe(false);
});

describe('the list of protected names', () => {
  test.each([
    ['shop', 'shop', true],
    ['Shop', 'sHOP', true],
    ['shop', 'shop2', false],
    ['shop2', 'shop', false],
    ['shop', '*', true],
    ['shop-prod', '*-prod', true],
    ['shop-prod-2', '*-prod', false],
    ['prod-shop', 'prod-*', true],
    ['prod-shop', 'prod-*shop', true],
    ['prod-', 'prod-*', true],
    ['aba', 'ab*ba', false],
    ['a.b.c.d', 'a*b*d', true],
    ['a.c.b.d', 'a*b*c*d', false],
    ['axb', 'a.b', false],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '*a*a*a*a*a*a*a*a*a*a*a*c', false],
  ])('%s by %s: %s', (name, pattern, expected) => {
    expect(guarded(name, 'staging', ['other', pattern])).toBe(expected);
    expect(guarded(name, 'lab', [pattern])).toBe(expected);
  });

  test('stands at the top of the file, and holds names', () => {
    const schema = configSchema([]);
    const file = { version: 1, environment: { name: 'shop', kind: 'staging' } };
    expect(schema.parse(file).protected).toEqual([]);
    expect(schema.parse({ ...file, protected: ['shop', 'prod-*'] }).protected).toEqual(['shop', 'prod-*']);
    for (const wrong of ['shop', [''], ['a b'], [1], [{ env: 'X' }]])
      expect(schema.safeParse({ ...file, protected: wrong }).success).toBe(false);
  });
});
