import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeInterval, laterOf, measuredText, rangeText } from '../../../src/verdict/intervals.ts';

describe('judging an interval against a limit', () => {
  test('passes on the upper bound, fails on the lower, and says neither between', () => {
    expect(judgeInterval({ lowerMs: 4_490, upperMs: 4_620 }, 60_000)).toBe('PASS');
    expect(judgeInterval({ lowerMs: 59_000, upperMs: 61_000 }, 60_000)).toBe('INCONCLUSIVE');
    expect(judgeInterval({ lowerMs: 61_000, upperMs: 62_000 }, 60_000)).toBe('FAIL');
  });

  test('"under 60s" does not include 60s', () => {
    expect(judgeInterval({ lowerMs: 0, upperMs: 60_000 }, 60_000)).toBe('INCONCLUSIVE');
    expect(judgeInterval({ lowerMs: 60_000, upperMs: 60_000 }, 60_000)).toBe('FAIL');
    expect(judgeInterval({ lowerMs: 0, upperMs: 0 }, 0)).toBe('FAIL');
  });

  test('an end that was not seen never passes', () => {
    expect(judgeInterval({ lowerMs: 10, upperMs: undefined }, 60_000)).toBe('INCONCLUSIVE');
    expect(judgeInterval({ lowerMs: 60_000, upperMs: undefined }, 60_000)).toBe('FAIL');
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is no length', (figure) => {
    expect(judgeInterval({ lowerMs: figure, upperMs: 5 }, 10)).toBe('INCONCLUSIVE');
    expect(judgeInterval({ lowerMs: 0, upperMs: figure }, 10)).toBe('INCONCLUSIVE');
    expect(judgeInterval({ lowerMs: 0, upperMs: 5 }, figure)).toBe('INCONCLUSIVE');
  });

  test('crossed bounds are no interval', () => {
    expect(judgeInterval({ lowerMs: 9, upperMs: 5 }, 10)).toBe('INCONCLUSIVE');
  });

  test('PASS means that no length within the bounds misses the limit', () => {
    const figure = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(figure, figure, figure, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, limit, part) => {
        const interval = { lowerMs: Math.min(a, b), upperMs: Math.max(a, b) };
        const truth = interval.lowerMs + (interval.upperMs - interval.lowerMs) * part;
        const verdict = judgeInterval(interval, limit);
        if (verdict === 'PASS') expect(truth).toBeLessThan(limit);
        if (verdict === 'FAIL') expect(truth).toBeGreaterThanOrEqual(limit);
      }),
    );
  });
});

test('both of two things have happened at the later of them', () => {
  expect(laterOf({ lowerMs: 1, upperMs: 9 }, { lowerMs: 3, upperMs: 5 })).toEqual({ lowerMs: 3, upperMs: 9 });
  expect(laterOf({ lowerMs: 1, upperMs: 9 }, { lowerMs: 3, upperMs: undefined })).toEqual({
    lowerMs: 3,
    upperMs: undefined,
  });
});

test('texts for people', () => {
  expect(measuredText({ lowerMs: 4_490, upperMs: 4_620 })).toBe('4.62s');
  expect(measuredText({ lowerMs: 90_000, upperMs: undefined })).toBe('over 1m30s');
  expect(rangeText({ lowerMs: 4_490, upperMs: 4_620 })).toBe('4.49s to 4.62s');
});
