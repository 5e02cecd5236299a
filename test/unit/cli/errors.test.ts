import { expect, test } from 'vitest';
import { describeError } from '../../../src/cli/errors.ts';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';

test('a GamedayError is told with its cause and its hint, and ends with its own code', () => {
  const error = new GamedayError({
    code: 'x',
    message: 'pg-1 is down',
    hint: 'start it',
    exitCode: EXIT.inconclusive,
    cause: new Error('refused'),
  });
  expect(describeError(error, false)).toEqual({
    text: 'error: pg-1 is down\ncause: refused\nhint: start it\n',
    exitCode: EXIT.inconclusive,
  });
});

test('anything else is internal: code 4, its stack only when asked for', () => {
  const error = new TypeError('x is undefined');
  const plain = describeError(error, false);
  expect(plain.exitCode).toBe(EXIT.internal);
  expect(plain.text).toContain('internal error: x is undefined\nhint: ');
  expect(plain.text).toContain('GAMEDAY_DEBUG=1');
  expect(plain.text).not.toContain('errors.test.ts');
  expect(describeError(error, true).text).toContain('errors.test.ts');
  expect(describeError('thrown text', true)).toMatchObject({
    exitCode: EXIT.internal,
    text: expect.stringContaining('thrown text'),
  });
});
