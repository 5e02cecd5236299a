import { beforeEach, describe, expect, test } from 'vitest';
// Imported lazily by the program, and a simulated world waits only for its own clock.
import '../../../src/cli/commands/lab.ts';
import '../../../src/cli/commands/plan.ts';
import '../../../src/cli/commands/run.ts';
import { lockFolder, lockPath } from '../../../src/cli/lock-path.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/core/errors.ts';
import type { LabState } from '../../../src/core/lab-state.ts';
import { LAB_FOLDER as FOLDER, labNode, labState, redisNodes } from '../../support/lab-state.ts';
import { SimWorld } from '../../support/sim-world.ts';

const LAB = labState([labNode('api-1', 'haproxy', { http: 1 }), ...redisNodes()]);

let world: SimWorld;

beforeEach(async () => {
  world = new SimWorld();
  await world.fs.makeFolder(`${FOLDER}/secrets`);
  await world.fs.write(`${FOLDER}/lab.json`, JSON.stringify(LAB));
  await world.fs.write(`${FOLDER}/secrets/redis`, 'the-password');
  await world.fs.write('/srv/gameday.yaml', 'version: 1\nprotected: [LA*]\n');
});

const gameday = (...args: string[]) => world.run(() => runProgram(world, ['node', 'gameday', ...args]));

describe('a lab whose name the configuration protects', () => {
  test.each([
    [[]],
    [['--yes']],
    [['--confirm', 'other']],
    [['--confirm', 'other', '--yes']],
    [['--confirm', 'LAB']],
    [['--confirm', '']],
  ])('is not broken by run %j: nothing is made, nothing is asked of the stack', async (args) => {
    await expect(gameday('run', ...args)).rejects.toMatchObject({ code: 'not-confirmed', exitCode: EXIT.usage });
    expect(await world.fs.exists('/srv/sessions')).toBe(false);
    expect(world.tty.err.text).toBe('');
  });

  test('is gone at only after the plan was shown, where its name is given', async () => {
    await expect(gameday('run', '--confirm', 'lab')).rejects.not.toMatchObject({ code: 'not-confirmed' });
    const plan = world.tty.err.text.replace(/\s+/g, ' ');
    for (const name of ['redis-1', 'redis-2', 'redis-3'])
      expect(plan).toContain(`gameday lab stop ${name} --lab-dir ${FOLDER}`);
    expect(plan).toContain('at most 1 of 3 down at once');
    expect(plan).toContain('cannot be said now');
  });

  test('is named as such by plan, which shows how many may be down', async () => {
    expect(await gameday('plan')).toBe(EXIT.pass);
    const text = world.tty.out.text.replace(/\s+/g, ' ');
    expect(text).toContain('needs --confirm lab');
    expect(text).toContain('redis-1, redis-2, redis-3; at most 1 of 3 down at once');
    world.tty.out.text = '';
    await gameday('plan', '--json');
    expect(JSON.parse(world.tty.out.text)).toMatchObject({ guarded: true, scenarios: [{ id: 'B', maxDown: 1 }] });
  });
});

describe('a lab that is being drilled', () => {
  beforeEach(async () => {
    const lock = lockPath(world.env, FOLDER);
    const owner = { pid: 7, startTime: '1', host: 'other', session: '2026-01-01T00-00-00Z-lab', since: 'now' };
    await world.fs.makeFolder(lockFolder(world.env));
    await world.fs.write(lock, '');
    world.locks.holdElsewhere(lock, owner);
  });

  test.each([['up'], ['down'], ['stop', 'redis-1'], ['pause', 'redis-1']])(
    'is left as it is by lab %s: session and pid are named',
    async (...args) => {
      await expect(gameday('lab', ...args)).rejects.toMatchObject({
        code: 'environment-busy',
        exitCode: EXIT.inconclusive,
        message: expect.stringMatching(/session 2026-01-01T00-00-00Z-lab \(pid 7 /),
      });
    },
  );

  test.each(['start', 'resume'])(
    'lab %s is what a person types when a restore fails: never refused',
    async (action) => {
      await expect(gameday('lab', action, 'redis-1')).rejects.not.toMatchObject({ code: 'environment-busy' });
    },
  );
});

describe('gameday lab up --skip', () => {
  test.each([
    ['nginx', 'unknown-stack'],
    ['', 'unknown-stack'],
    ['minio,', 'unknown-stack'],
    ['postgres,redis,minio,haproxy,rabbitmq,monitoring', 'empty-selection'],
  ])('%j is refused with %s, and the stacks are named', async (skip, code) => {
    await expect(gameday('lab', 'up', '--skip', skip)).rejects.toMatchObject({
      code,
      exitCode: EXIT.usage,
      hint: expect.stringContaining('monitoring'),
    });
  });

  test('does not leave out what runs already', async () => {
    for (const { folder } of LAB.nodes) await world.fs.makeFolder(folder);
    await world.fs.makeFolder(LAB.runFolder);
    await expect(gameday('lab', 'up', '--skip', 'redis,minio')).rejects.toMatchObject({
      code: 'lab-differs',
      message: expect.stringContaining('has redis and minio, which --skip leaves out'),
    });
  });

  test('reaches the lab: what it leaves out stands in the state file', async () => {
    world.exec.find = async () => undefined;
    world.processes.list = async () => [];
    world.net.freePorts = async (count) => Array.from({ length: count }, (_, index) => 20_000 + index);
    await expect(gameday('lab', 'up', '--skip', ' minio , redis', '--lab-dir', '/srv/other')).rejects.toMatchObject({
      code: 'lab-not-up',
    });
    const state: LabState = JSON.parse((await world.fs.readText('/srv/other/lab.json')) ?? '{}');
    const reasons = Object.fromEntries(state.missing.map(({ stack, reason }) => [stack, reason]));
    expect(reasons).toMatchObject({ minio: 'left out by --skip', redis: 'left out by --skip' });
    expect(reasons.postgres).toContain('not found');
  });
});
