import { describe, expect, test } from 'vitest';
import { holdsFlock } from '../../src/world/lock-holders.ts';

describe('a line of fdinfo', () => {
  test.each([
    ['pos:\t0\nflags:\t0100002\nlock:\t1: FLOCK  ADVISORY  WRITE 4711 00:1b:9 0 EOF\n', true],
    ['pos:\t0\nflags:\t0100002\nmnt_id:\t31\n', false],
    ['lock:\t1: POSIX  ADVISORY  WRITE 4711 00:1b:9 0 EOF\n', false],
    ['lock:\t1: FLOCK  ADVISORY  READ  4711 00:1b:9 0 EOF\n', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(holdsFlock(text)).toBe(expected);
  });
});
