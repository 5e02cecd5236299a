import { expect, test } from 'vitest';
import { labSettings } from '../../../src/lab/settings.ts';
import { findLabState, readLabState, writeLabState } from '../../../src/lab/state.ts';
import { PLATFORMS } from '../../../src/platforms/index.ts';
import { createLabPlatform } from '../../../src/platforms/lab.ts';
import { tinyLab } from '../../support/tiny-lab.ts';
import { simHarness } from '../../support/world-harness.ts';

const ref = { name: 'n1', platform: 'lab', labels: {} };

test('a state that was written is read back, and is private', () =>
  simHarness.play(async ({ world, folder, mode }) => {
    const state = await tinyLab(world, folder);
    await writeLabState(world, state);
    expect(await readLabState(world, folder)).toEqual(state);
    expect(await mode(`${folder}/lab.json`)).toBe(0o600);
  }));

test('no lab is an error that says how to start one', () =>
  simHarness.play(async ({ world, folder }) => {
    expect(await findLabState(world, folder)).toBeUndefined();
    await expect(readLabState(world, folder)).rejects.toMatchObject({
      code: 'lab-not-running',
      hint: expect.stringContaining('gameday lab up'),
    });
    expect(() => PLATFORMS.lab?.(world, { lab: undefined })).toThrow('no lab is running');
  }));

test.each([
  ['cut off', '{"version":1,'],
  ['without its nodes', '{"version":1,"id":"01234567","folder":"/x"}'],
  ['of another version', '{"version":2}'],
])('a state file %s is an error that names the file', (_name, text) =>
  simHarness.play(async ({ world, folder }) => {
    await world.fs.write(`${folder}/lab.json`, text);
    await expect(findLabState(world, folder)).rejects.toMatchObject({
      code: 'lab-state-corrupt',
      message: expect.stringContaining(`${folder}/lab.json`),
      hint: expect.stringContaining('gameday lab down'),
    });
  }),
);

test('settings name only the drills whose stack was started', () =>
  simHarness.play(async ({ world, folder }) => {
    const settings = labSettings(await tinyLab(world, folder));
    expect(settings.scenarios).toEqual({});
    expect(settings).not.toHaveProperty('prometheus');
  }));

test('the command for a person is one that a shell takes as it is', () =>
  simHarness.play(async ({ world, folder }) => {
    const state = await tinyLab(world, folder);
    const odd = createLabPlatform(world, { ...state, folder: "/my lab/it's" });
    expect(createLabPlatform(world, state).byHand('start', ref)).toBe(`gameday lab start n1 --lab-dir ${folder}`);
    expect(odd.byHand('resume', ref)).toBe(`gameday lab start n1 --lab-dir '/my lab/it'\\''s'`);
  }));
