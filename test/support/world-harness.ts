import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorld } from '../../src/world/node-world.ts';
import type { World } from '../../src/world/world.ts';
import { SimWorld } from './sim-world.ts';

export interface Stage {
  readonly world: World;
  /** An empty folder of that world. */
  readonly folder: string;
  /** Permission bits of a file. */
  mode(path: string): Promise<number | undefined>;
}

export interface Harness {
  readonly name: string;
  play(test: (stage: Stage) => Promise<void>): Promise<void>;
}

/** Runs a test on this machine, in a folder that is gone afterwards. */
export const realHarness: Harness = {
  name: 'real world',
  async play(test) {
    const folder = await mkdtemp(join(tmpdir(), 'gameday-world-'));
    try {
      await test({ world: createWorld(), folder, mode: async (path) => (await stat(path)).mode & 0o777 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Runs the same test in memory. */
export const simHarness: Harness = {
  name: 'simulated world',
  async play(test) {
    const world = new SimWorld();
    const folder = '/srv/stage';
    await world.fs.makeFolder(folder);
    await world.run(() => test({ world, folder, mode: async (path) => world.fs.inspect(path)?.mode }));
  },
};
