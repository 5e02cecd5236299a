import { describe, expect, test } from 'vitest';
import { optionOrEnv, selectScenarios } from '../../../src/cli/selection.ts';
import { EXIT } from '../../../src/core/errors.ts';

const KNOWN = ['A', 'B', 'C', 'D', 'E'];

test.each([
  [undefined, undefined, 'ABCDE'],
  ['A', undefined, 'A'],
  ['A,C', undefined, 'AC'],
  ['AC', undefined, 'AC'],
  ['c a', undefined, 'AC'],
  ['E,A,E', undefined, 'AE'],
  [undefined, 'DE', 'ABC'],
  [undefined, 'd, e', 'ABC'],
  ['ABC', 'B', 'AC'],
])('only %s, skip %s', (only, skip, expected) => {
  const selection = selectScenarios(KNOWN, only, skip);
  expect(selection.chosen.join('')).toBe(expected);
  expect([...selection.chosen, ...selection.leftOut.map((one) => one.id)].sort()).toEqual(KNOWN);
});

test('what was left out says by which option', () => {
  expect(selectScenarios(KNOWN, 'AB', 'B').leftOut).toEqual([
    { id: 'B', reason: 'left out by --skip' },
    ...['C', 'D', 'E'].map((id) => ({ id, reason: 'not named by --only' })),
  ]);
});

describe('mistakes are usage errors', () => {
  test.each([
    ['X', undefined, 'unknown-scenario'],
    ['AX', undefined, 'unknown-scenario'],
    ['A-2', undefined, 'unknown-scenario'],
    ['A2', undefined, 'unknown-scenario'],
    [undefined, 'F', 'unknown-scenario'],
    ['A', 'A', 'empty-selection'],
    [undefined, 'ABCDE', 'empty-selection'],
    ['', undefined, 'empty-selection'],
    [' , ', undefined, 'empty-selection'],
  ])('only %s, skip %s', (only, skip, code) => {
    expect(() => selectScenarios(KNOWN, only, skip)).toThrow(expect.objectContaining({ code, exitCode: EXIT.usage }));
  });

  test('an unknown letter lists the known ones', () => {
    expect(() => selectScenarios(KNOWN, 'AXY', undefined)).toThrow(
      expect.objectContaining({
        message: 'unknown scenario "X", "Y" in --only',
        hint: expect.stringContaining('A, B, C, D, E'),
      }),
    );
  });
});

test('what came from the environment is named as it is set there', () => {
  const by = { only: 'ONLY', skip: 'SKIP' };
  expect(() => selectScenarios(KNOWN, 'Z', undefined, by)).toThrow('unknown scenario "Z" in ONLY');
  expect(() => selectScenarios(KNOWN, undefined, ' ,', by)).toThrow('SKIP names no scenario');
  expect(() => selectScenarios(KNOWN, 'D', 'D', by)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('ONLY and SKIP together leave none') }),
  );
  expect(selectScenarios(KNOWN, 'A', undefined, by).leftOut[0]?.reason).toBe('not named by ONLY');
});

test.each([
  [undefined, 'ABCDE'],
  ['A', 'ABCDE'],
])('only %s, skip %s: what left nothing is named, and nothing else', (only, skip) => {
  expect(() => selectScenarios(KNOWN, only, skip)).toThrow(
    expect.objectContaining({ hint: '--skip leaves out every one of A, B, C, D, E: leave out fewer' }),
  );
});

test('a second strike is not chosen by a name of its own', () => {
  expect(() => selectScenarios(KNOWN, 'A-2', undefined)).toThrow(
    expect.objectContaining({
      message: 'unknown scenario "A-2" in --only',
      hint: expect.stringMatching(/^known scenarios: A, B, C, D, E; .*--second-strike/),
    }),
  );
});

test('the option goes before the environment; an empty variable is none', () => {
  expect(optionOrEnv('A', 'B')).toBe('A');
  expect(optionOrEnv(undefined, 'B')).toBe('B');
  expect(optionOrEnv(undefined, ' ')).toBeUndefined();
  expect(optionOrEnv(undefined, undefined)).toBeUndefined();
});
