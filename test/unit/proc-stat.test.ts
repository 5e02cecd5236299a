import { expect, test } from 'vitest';
import { isDead, parseProcStat } from '../../src/world/proc-stat.ts';

const rest = 'S 1 4711 4712 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200';

test.each(['sh', 'tmux: server', 'a) S 9 9 9 (b', ')', '((('])('reads the line of a process called %s', (name) => {
  expect(parseProcStat(`42 (${name}) ${rest}\n`)).toEqual({
    pid: 42,
    name,
    state: 'S',
    parent: 1,
    group: 4711,
    session: 4712,
    startTime: '987654',
  });
});

test.each(['', '42 sh S 1', '42 (sh) S 1 2', 'x (sh) S 1 2 3'])('takes "%s" for no such line', (line) => {
  expect(parseProcStat(line)).toBeUndefined();
});

test('counts zombies as dead, and stopped processes as alive', () => {
  expect(['Z', 'X', 'R', 'S', 'D', 'T'].filter(isDead)).toEqual(['Z', 'X']);
});
