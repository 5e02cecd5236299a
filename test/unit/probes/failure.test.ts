import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../../../src/probes/failure.ts';
import { HttpFailure } from '../../../src/world/world.ts';

const coded = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('outcomeOfError', () => {
  it.each([
    [new HttpFailure('reset', 'x'), 'reset'],
    [coded('ECONNREFUSED'), 'refused'],
    [coded('EHOSTUNREACH'), 'unreachable'],
    [coded('EMFILE'), 'shortage'],
    [new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), 'refused'],
    [new Error('Connection terminated unexpectedly'), 'reset'],
    [new Error('timeout expired'), 'timeout'],
    [new Error('connect ETIMEDOUT'), 'timeout'],
    [new Error('outer', { cause: coded('ECONNRESET') }), 'reset'],
    [new Error('password authentication failed'), 'protocol'],
    ['text', 'protocol'],
  ])('%s is %s', (error, outcome) => {
    expect(outcomeOfError(error)).toBe(outcome);
  });
});
