import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutcomeClass } from '../../../src/core/outcome.ts';
import { coverage } from '../../../src/verdict/coverage.ts';
import type { Look } from '../../../src/verdict/looks.ts';
import { findOutages, lengthOf } from '../../../src/verdict/outages.ts';

function look(startedAt: number, kind: OutcomeClass, endedAt = startedAt + 1): Look {
  return { startedAt, endedAt, class: kind, outcome: kind, detail: undefined, seq: 0, index: startedAt };
}

/** `gggbbg`: one look each 10 ms, each 1 ms long. `a` is apart. */
function looks(text: string): readonly Look[] {
  const kinds: Readonly<Record<string, OutcomeClass>> = { g: 'good', b: 'bad', a: 'apart' };
  return [...text].map((letter, index) => look(index * 10, kinds[letter] ?? 'apart'));
}

describe('finding outages', () => {
  test('none where nothing failed', () => {
    expect(findOutages(looks('ggggg'), 3)).toEqual([]);
    expect(findOutages([], 3)).toEqual([]);
  });

  test('reaches from the start of the last good look before to the first end of those that open the recovery', () => {
    const [outage] = findOutages(looks('ggbbggg'), 3);
    expect(outage?.before?.startedAt).toBe(10);
    expect(outage?.recovery?.endedAt).toBe(41);
    expect(outage && lengthOf(outage, [])).toEqual({ lowerMs: 9, upperMs: 31 });
  });

  test('one bad look is an outage', () => {
    expect(findOutages(looks('gggbggg'), 3).map((one) => lengthOf(one, []))).toEqual([{ lowerMs: 0, upperMs: 21 }]);
  });

  test('a flap of fewer than k good looks belongs to the outage', () => {
    const outages = findOutages(looks('ggbbggbbggg'), 3);
    expect(outages).toHaveLength(1);
    expect(outages[0]?.bad).toHaveLength(4);
  });

  test('k good looks end it, and the next one is another outage', () => {
    expect(findOutages(looks('gbgggbggg'), 3)).toHaveLength(2);
  });

  test('looks apart neither end an outage nor open one', () => {
    expect(findOutages(looks('gaaag'), 1)).toEqual([]);
    expect(findOutages(looks('gbaaab'), 1)[0]?.recovery).toBeUndefined();
  });

  test('an outage whose begin or end was not seen has no upper bound', () => {
    expect(findOutages(looks('ggbbgg'), 3).map((one) => lengthOf(one, []))).toEqual([
      { lowerMs: 9, upperMs: undefined },
    ]);
    expect(findOutages(looks('bbggg'), 3).map((one) => lengthOf(one, []))).toEqual([
      { lowerMs: 9, upperMs: undefined },
    ]);
  });

  test('the earliest end counts, not the end of the first', () => {
    const slow = [look(0, 'good'), look(10, 'bad'), look(20, 'good', 90), look(30, 'good', 35), look(40, 'good', 41)];
    expect(findOutages(slow, 3)[0]?.recovery?.endedAt).toBe(35);
  });
});

/** What a server in an outage does with a request. */
type Manner = 'refused' | '5xx' | 'hang' | 'slow';

interface Case {
  readonly manner: Manner;
  readonly beginMs: number;
  readonly lengthMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly serviceMs: number;
  /** A part of the ticks that is left out, as on a starved machine. */
  readonly dropped: ReadonlySet<number>;
}

/** What a prober at a fixed rate sees of an outage. A frozen server answers all that waited once it goes on. */
function probe(one: Case): readonly Look[] {
  const endMs = one.beginMs + one.lengthMs;
  const seen: Look[] = [];
  for (let tick = 0; tick * one.intervalMs < endMs + 3_000; tick += 1) {
    if (one.dropped.has(tick)) continue;
    const start = tick * one.intervalMs;
    // The server takes the request in the middle of its service time.
    const taken = start + one.serviceMs / 2;
    const inside = taken >= one.beginMs && taken < endMs;
    let end = start + one.serviceMs;
    let bad = false;
    if (inside && (one.manner === 'refused' || one.manner === '5xx')) {
      bad = true;
    } else if (inside) {
      end = endMs + one.serviceMs / 2;
      if (end - start > one.timeoutMs) {
        bad = true;
        // A client that hangs up at its limit, or one that takes the late answer and calls it late.
        if (one.manner === 'hang') end = start + one.timeoutMs;
      }
    }
    seen.push(look(start, bad ? 'bad' : 'good', end));
  }
  return seen;
}

const cases = fc.record({
  manner: fc.constantFrom<Manner>('refused', '5xx', 'hang', 'slow'),
  beginMs: fc.integer({ min: 1_000, max: 2_000 }),
  lengthMs: fc.integer({ min: 1, max: 3_000 }),
  intervalMs: fc.constantFrom(10, 20, 50, 100),
  timeoutMs: fc.constantFrom(100, 500),
  serviceMs: fc.constantFrom(1, 3, 8),
  dropped: fc
    .array(fc.integer({ min: 20, max: 400 }), { maxLength: 60 })
    .map((ticks): ReadonlySet<number> => new Set(ticks)),
});

describe('against a known truth', () => {
  test('the outer bound contains the outage, the inner one is contained in it', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 5 }), (one, sustain) => {
        const outages = findOutages(probe(one), sustain);
        // An outage may be missed by luck of the ticks; there is never more than the one.
        expect(outages.length).toBeLessThanOrEqual(1);
        const [outage] = outages;
        if (outage === undefined) return;
        const endMs = one.beginMs + one.lengthMs;
        expect(outage.before?.startedAt).toBeLessThanOrEqual(one.beginMs);
        expect(outage.recovery?.endedAt).toBeGreaterThanOrEqual(endMs);
        const { lowerMs, upperMs } = lengthOf(outage, []);
        expect(lowerMs).toBeLessThanOrEqual(one.lengthMs);
        expect(upperMs).toBeGreaterThanOrEqual(one.lengthMs);
        if (lowerMs > 0) {
          // A refusal is answered within the service time, so the inner bound may stick out by that much.
          expect(outage.surelyFrom).toBeGreaterThanOrEqual(one.beginMs);
          expect(outage.surelyTo).toBeLessThanOrEqual(endMs);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('an outage longer than the time limit and two ticks is never missed', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const whole = { ...one, dropped: new Set<number>() };
        if (whole.lengthMs <= whole.timeoutMs + 2 * whole.intervalMs + whole.serviceMs) return;
        expect(findOutages(probe(whole), 3)).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('coverage', () => {
  test('finds the longest time without a look, the edges included', () => {
    const span = { fromMs: 0, toMs: 100 };
    expect(coverage([look(10, 'good'), look(20, 'good'), look(70, 'good')], [], span)).toMatchObject({
      looks: 3,
      largestHoleMs: 50,
      holeFrom: 20,
    });
    expect(coverage([look(10, 'good')], [], span)).toMatchObject({ largestHoleMs: 90, holeFrom: 10 });
    expect(coverage([], [], span)).toMatchObject({ looks: 0, largestHoleMs: 100 });
  });
});
