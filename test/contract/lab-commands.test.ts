import { expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { writeLabState } from '../../src/lab/state.ts';
import { createLabPlatform } from '../../src/platforms/lab.ts';
import { SimTty } from '../support/sim-surroundings.ts';
import { livingOf, tinyLab } from '../support/tiny-lab.ts';
import { realHarness } from '../support/world-harness.ts';

test('gameday lab start, pause, resume and stop do to a node what they say', () =>
  realHarness.play(async ({ world: real, folder }) => {
    const tty = new SimTty();
    const world = { ...real, tty };
    const state = await tinyLab(world, folder);
    await writeLabState(world, state);
    const ref = { name: 'n1', platform: 'lab', labels: {} };
    const platform = createLabPlatform(world, state);
    try {
      for (const [action, after] of [
        ['start', 'up'],
        ['pause', 'paused'],
        ['pause', 'paused'],
        ['resume', 'up'],
        ['pause', 'paused'],
        ['start', 'up'],
        ['stop', 'down'],
      ] as const) {
        tty.err.text = '';
        expect(await runProgram(world, ['node', 'gameday', 'lab', action, 'n1', '--lab-dir', folder])).toBe(0);
        expect(tty.err.text).toBe(`n1 is ${after}\n`);
        expect((await platform.inspect(ref, AbortSignal.timeout(5_000))).state).toBe(after);
      }
    } finally {
      await platform.stop(ref, { signal: AbortSignal.timeout(10_000) });
    }
    expect(await livingOf(world, state)).toEqual([]);
  }));
