import { expect, test } from 'vitest';
import { labStart } from '../../../src/cli/commands/lab.ts';
import { writeLabState } from '../../../src/lab/state.ts';
import { labUp } from '../../../src/lab/up.ts';
import { HttpFailure } from '../../../src/world/world.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

const FOLDER = '/srv/lab';
const PORT = 20_002;

/** A lab that is up on paper, of one Redis node without a process, and a machine on which something listens on these ports. */
async function deadLab(listening: readonly number[], defaults = false, folder = FOLDER): Promise<SimWorld> {
  const world = new SimWorld();
  world.processes.list = async () => [];
  world.processes.info = async () => undefined;
  world.processes.alive = async () => false;
  world.processes.startDetached = async () => ({ pid: 4711, startTime: '1' });
  world.net.knock = async (to) => {
    if (!('port' in to) || !listening.includes(to.port)) throw new HttpFailure('refused', 'refused');
  };
  await world.fs.makeFolder(folder);
  const tiny = await tinyLab(world, folder);
  const nodes = tiny.nodes.slice(0, 1).map((node) => ({
    ...node,
    name: 'redis-2',
    stack: 'redis',
    ports: { redis: 20_001, sentinel: PORT },
  }));
  const state = { ...tiny, nodes, defaults };
  for (const own of [state.runFolder, state.secretsFolder]) await world.fs.makeFolder(own);
  await writeLabState(world, state);
  return world;
}

function up(world: SimWorld, defaults = false, folder = FOLDER) {
  const { signal } = new AbortController();
  return labUp(world, { folder, defaults, skip: [], onStep: () => undefined, signal });
}

test('a node whose port another program has is named with that port and both ways out, at once', async () => {
  const world = await deadLab([PORT]);
  await world.run(async () => {
    const began = world.clock.now();
    const told = {
      message: expect.stringMatching(/redis-2: another program listens on its port 20002( \[|$)/),
      hint: expect.stringMatching(
        /end that program \(ss -ltnp 'sport = :20002' shows it\), then gameday lab up --lab-dir \/srv\/lab\n.*gameday lab down --lab-dir \/srv\/lab, then gameday lab up --lab-dir \/srv\/lab/,
      ),
    };
    await expect(up(world)).rejects.toMatchObject({ code: 'lab-not-repaired', ...told });
    await expect(labStart(world, 'redis-2', { labDir: FOLDER })).rejects.toMatchObject({
      code: 'lab-action-failed',
      ...told,
    });
    expect(world.clock.now() - began).toBeLessThan(1_000);
  });
});

test('of a lab with the shipped defaults, in a folder with a blank, the commands do what they say', async () => {
  const folder = '/srv/my lab';
  const world = await deadLab([PORT], true, folder);
  const again = "gameday lab up --lab-dir '/srv/my lab' --defaults";
  await world.run(async () => {
    const told = {
      hint: expect.stringMatching(
        new RegExp(`, then ${again}\\n.*: gameday lab down --lab-dir '/srv/my lab', then ${again}$`),
      ),
    };
    await expect(up(world, true, folder)).rejects.toMatchObject(told);
    await expect(labStart(world, 'redis-2', { labDir: folder })).rejects.toMatchObject(told);
  });
});

test('a node that does not come up for another reason is told with what was seen of it', async () => {
  const world = await deadLab([]);
  await world.run(() =>
    expect(up(world)).rejects.toMatchObject({
      code: 'lab-not-repaired',
      message: expect.stringMatching(
        /^redis did not come back: not within 20 s; last seen: redis-2 is down \(no process\)( \[|$)/,
      ),
      hint: expect.stringContaining('gameday lab up --lab-dir /srv/lab'),
    }),
  );
});
