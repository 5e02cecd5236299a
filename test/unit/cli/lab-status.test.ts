import { expect, test } from 'vitest';
import { notUp } from '../../../src/cli/commands/lab.ts';

test.each([
  [['up', 'up'], ''],
  [['up', 'down'], ', 1 of 2 nodes is not up: n1'],
  [['paused', 'unknown'], ', 2 of 2 nodes are not up: n0, n1'],
] as const)('the headline of a lab whose nodes are %j: "%s"', (states, expected) => {
  expect(notUp(states.map((state, index) => ({ name: `n${index}`, state })))).toBe(expected);
});
