import { expect, test } from 'vitest';
import { labDownCommand, labUpCommand } from '../../src/core/lab-commands.ts';
import { shellWord } from '../../src/core/shell-word.ts';

test('a path that a shell takes as it is stays as it is', () => {
  expect(shellWord('/srv/game-day_1/lab.d')).toBe('/srv/game-day_1/lab.d');
});

test.each([
  ['a blank', '/srv/game day', "'/srv/game day'"],
  ['a home that is not ours', '~root/lab', "'~root/lab'"],
  ['what a shell would run', '/srv/$(id);x', "'/srv/$(id);x'"],
  ['a quote', "/srv/it's", "'/srv/it'\\''s'"],
  ['nothing at all', '', "''"],
])('%s is quoted', (_, path, word) => {
  expect(shellWord(path)).toBe(word);
});

test('the commands for a lab can be copied into a shell', () => {
  expect(labUpCommand({ folder: '/srv/game day', defaults: true })).toBe(
    "gameday lab up --lab-dir '/srv/game day' --defaults",
  );
  expect(labDownCommand({ folder: '/srv/game day' })).toBe("gameday lab down --lab-dir '/srv/game day'");
});
