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
      const moment = `interrupted at operation ${number}, then ${next}`;
      expect((await world.fs.list(FOLDER)) ?? [], moment).toEqual([]);
      expect(await runFolders(world), moment).toEqual([]);
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

describe('a run folder that another user has put into /tmp', () => {
  const OTHER = '/tmp/gameday-0123abcd';

  /** It says that it is the run folder of the lab in this folder. */
  async function plant(world: SimWorld, path = OTHER): Promise<void> {
    await world.fs.makeFolder(path);
    await world.fs.write(`${path}/lab.json`, JSON.stringify({ folder: FOLDER, bootId: world.env.bootId }));
    await world.fs.chown(path, 4_711, 4_711);
  }

  test.each([[1_000], [0]])('is no lab’s for uid %i, and is left alone', async (uid) => {
    const world = await withFolder('logs');
    world.env.uid = uid;
    await plant(world);
    await world.run(async () => expect(await labDown(world, FOLDER)).toBe(false));
    expect(await world.fs.list(OTHER)).toEqual(['lab.json']);
  });

  test('is the lab’s where that user’s is the lab’s folder too', async () => {
    const world = await withFolder('logs');
    await plant(world);
    await world.fs.chown(FOLDER, 4_711, 4_711);
    await world.run(async () => expect(await labDown(world, FOLDER)).toBe(true));
    expect(await runFolders(world)).toEqual([]);
  });

  test('is not taken by lab up, and not removed by lab down, where it stands under the lab’s own name', async () => {
    const world = machine();
    await world.run(async () => {
      const { makeFolder } = world.fs;
      world.fs.makeFolder = async (path, mode) => {
        if (path.startsWith('/tmp/gameday-') && !(await world.fs.exists(path))) {
          world.fs.makeFolder = makeFolder.bind(world.fs);
          await plant(world, path);
        }
        await makeFolder.call(world.fs, path, mode);
      };
      await expect(up(world)).rejects.toMatchObject({
        code: 'lab-run-folder',
        hint: expect.stringContaining('lab up'),
      });
      const [planted = ''] = await runFolders(world);
      expect(await world.fs.list(`/tmp/${planted}`)).toEqual(['lab.json']);
      await begin(world);
      expect((await runFolders(world)).length).toBe(2);
      expect(await labDown(world, FOLDER)).toBe(true);
      expect(await runFolders(world)).toEqual([planted]);
    });
    expect(await world.fs.exists(FOLDER)).toBe(false);
  });

  test('is not used where a link stands in its place', async () => {
    const world = await withFolder('logs');
    await plant(world);
    await world.fs.chown(OTHER, world.env.uid, world.env.uid);
    const { entry } = world.fs;
    world.fs.entry = async (path) =>
      path === OTHER ? { kind: 'link', uid: world.env.uid } : entry.call(world.fs, path);
    await world.run(async () => expect(await labDown(world, FOLDER)).toBe(false));
    expect(await world.fs.list(OTHER)).toEqual(['lab.json']);
  });
});
