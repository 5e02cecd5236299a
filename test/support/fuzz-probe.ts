import fc from 'fast-check';
import { expect } from 'vitest';
import { classify, type Outcome } from '../../src/core/outcome.ts';
import type { Probe } from '../../src/core/probe.ts';
import type { Net } from '../../src/world/world.ts';

export const signal = new AbortController().signal;
export const limits = { timeoutMs: 1_000 };
export const times = { intervalMs: 100, timeoutMs: 500 };
export const isGood = (outcome: Outcome) => classify(outcome) === 'good';
export const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 80 }));

export const netThatSays = (text: string): Net => ({
  exchange: async () => text,
  knock: async () => undefined,
  freePorts: async () => [],
});

/** One look of a probe. It never rejects, and what is not good says why. */
export async function look(probe: Probe) {
  const reading = await probe.sample(signal);
  if (!isGood(reading.outcome)) expect(reading.detail ?? '').not.toBe('');
  return reading;
}

/** For a rejection: it is an Error that says something, and no mistake of the program. */
export function expectError(error: unknown): undefined {
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(TypeError);
  expect(String(error)).not.toBe('Error');
  return undefined;
}
