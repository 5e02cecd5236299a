import { describe, expect, test } from 'vitest';
import { labDown } from '../../../src/lab/down.ts';
import { STACKS } from '../../../src/lab/tools.ts';
import { labUp } from '../../../src/lab/up.ts';
import { SimWorld } from '../../support/sim-world.ts';

const FOLDER = '/srv/project';
const NAMES = ['nodes', 'leaders', 'secrets', 'logs', 'sabotaged'];

/** A machine on which no process belongs to a lab. */
function machine(): SimWorld {
  const world = new SimWorld();
  world.processes.list = async () => [];
  world.exec.find = async () => undefined;
  world.net.freePorts = async (count) => Array.from({ length: count }, (_, index) => 20_000 + index);
  return world;
}

/** Brings up a lab whose folders and files are made, and whose servers cannot be started: the files stay. */
async function begin(world: SimWorld): Promise<void> {
  await expect(up(world)).rejects.toMatchObject({ code: 'lab-not-up' });
}

function up(world: SimWorld) {
  const { signal } = new AbortController();
  return labUp(world, { folder: FOLDER, defaults: false, skip: STACKS, onStep: () => undefined, signal });
}

async function withFolder(name: string): Promise<SimWorld> {
  const world = machine();
  await world.fs.makeFolder(`${FOLDER}/${name}`);
  await world.fs.write(`${FOLDER}/${name}/mine`, 'precious\n');
  return world;
}

/** From the operation with this number on, the disk refuses everything. */
function failFrom(world: SimWorld, number: number): void {
  let count = 0;
  world.fs.fault = () => {
    count += 1;
    return count >= number ? { code: 'EIO' } : undefined;
  };
}

async function runFolders(world: SimWorld): Promise<readonly string[]> {
  return ((await world.fs.list('/tmp')) ?? []).filter((name) => name.startsWith('gameday-'));
}

describe.each(NAMES)('a folder that holds no lab but an entry named %s', (name) => {
  test('is left alone by lab down', async () => {
    const world = await withFolder(name);
    await world.run(async () => expect(await labDown(world, FOLDER)).toBe(false));
    expect(await world.fs.readText(`${FOLDER}/${name}/mine`)).toBe('precious\n');
  });

  test('is refused by lab up, which changes nothing', async () => {
    const world = await withFolder(name);
    await world.run(() =>
      expect(up(world)).rejects.toMatchObject({
        code: 'lab-folder-not-empty',
        exitCode: 2,
        message: expect.stringContaining(`${FOLDER} is not empty`),
        hint: expect.stringContaining('--lab-dir'),
      }),
    );
    expect(await world.fs.list(FOLDER)).toEqual([name]);
    expect(await world.fs.readText(`${FOLDER}/${name}/mine`)).toBe('precious\n');
    expect(await runFolders(world)).toEqual([]);
  });
});

test('a lab.json of another program makes no lab of its folder', async () => {
  const world = await withFolder('logs');
  await world.fs.write(`${FOLDER}/lab.json`, '{"title":"our laboratory"}\n');
  await world.run(async () => {
    expect(await labDown(world, FOLDER)).toBe(false);
    await expect(up(world)).rejects.toMatchObject({ code: 'lab-folder-not-empty' });
  });
  expect(await world.fs.list(FOLDER)).toEqual(['lab.json', 'logs']);
});

test('a lab is made in a new folder and in an empty one, and lab down leaves neither', async () => {
  for (const isThere of [false, true]) {
    const world = machine();
    if (isThere) await world.fs.makeFolder(FOLDER);
    await world.run(async () => {
      await begin(world);
      expect(await world.fs.list(`${FOLDER}/secrets`)).not.toEqual([]);
      expect(await labDown(world, FOLDER)).toBe(true);
    });
    expect(await world.fs.exists(FOLDER)).toBe(false);
    expect(await runFolders(world)).toEqual([]);
  }
});

test('a lab up that was interrupted in any moment is taken down, and started again', async () => {
  const whole = machine();
  let operations = 0;
  whole.fs.fault = () => {
    operations += 1;
    return undefined;
  };
  await whole.run(() => begin(whole));
  for (let number = 1; number <= operations; number += 1) {
    for (const next of ['down', 'up'] as const) {
      const world = machine();
      await world.run(async () => {
        failFrom(world, number);
        await expect(up(world)).rejects.toThrow();
        world.fs.fault = () => undefined;
        if (next === 'up') await begin(world);
        await labDown(world, FOLDER);
      });
      expect((await world.fs.list(FOLDER)) ?? [], `interrupted at operation ${number}, then ${next}`).toEqual([]);
    }
  }
});

test('a state file that a power cut left half written is the lab’s, and goes with it', async () => {
  const world = machine();
  await world.fs.makeFolder(FOLDER);
  await world.fs.write(`${FOLDER}/lab.json.0123456789ab.tmp`, '{"versi');
  await world.run(async () => {
    await begin(world);
    expect(await labDown(world, FOLDER)).toBe(true);
  });
  expect(await world.fs.exists(FOLDER)).toBe(false);
});

test.each([
  ['damaged', async (world: SimWorld) => world.fs.write(`${FOLDER}/lab.json`, '{"version": 1,')],
  ['lost', async (world: SimWorld) => world.fs.remove(`${FOLDER}/lab.json`)],
] as const)('a lab whose state file is %s is taken down, also where the first try failed', async (_name, spoil) => {
  const world = machine();
  await world.run(async () => {
    await begin(world);
    await spoil(world);
    world.fs.fault = ({ kind, path }) =>
      kind === 'remove' && path === `${FOLDER}/logs` ? { code: 'EACCES' } : undefined;
    await expect(labDown(world, FOLDER)).rejects.toThrow('EACCES');
    world.fs.fault = () => undefined;
    expect(await labDown(world, FOLDER)).toBe(true);
  });
  expect(await world.fs.exists(FOLDER)).toBe(false);
  expect(await runFolders(world)).toEqual([]);
});
