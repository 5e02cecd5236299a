import { beforeEach, describe, expect, test } from 'vitest';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';
import { holdEnvironment, whoHolds } from '../../../src/engine/lock.ts';
import type { BusyLock, LockOwner } from '../../../src/world/world.ts';
import { SimWorld } from '../../support/sim-world.ts';

const PATH = '/home/operator/.local/state/gameday/locks/shop';
const OLD = '1970-01-01T00:00:00.000Z';
const owner: LockOwner = { pid: 77, startTime: '5', host: 'sim-host', session: 'earlier', since: OLD };

let world: SimWorld;

beforeEach(async () => {
  world = new SimWorld();
  world.processes.alive = async () => true;
  await world.fs.makeFolder('/home/operator/.local/state/gameday/locks');
  await world.fs.write(PATH, '');
});

const hold = () => world.run(() => holdEnvironment(world, PATH, 'mine'));

/** The refusal, where the lock is held so. */
async function refusal(busy: BusyLock): Promise<GamedayError> {
  world.locks.acquire = async () => busy;
  const error = await hold().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GamedayError);
  expect(error).toMatchObject({ code: 'environment-busy', exitCode: EXIT.inconclusive });
  return error as GamedayError;
}

describe('an environment that somebody holds', () => {
  test('is refused with session, pid, host and start; the owner lives: wait, or interrupt it', async () => {
    const { message, hint } = await refusal({ owner, holders: async () => [{ pid: 77, name: 'node' }] });
    expect(message).toContain(`session earlier (pid 77 on sim-host, since ${OLD}), which is alive`);
    expect(hint).toContain('kill -INT 77');
    expect(hint).not.toContain('kill 77');
  });

  test('its owner has ended: the process that inherited the lock is named, and how to end it', async () => {
    world.processes.alive = async () => false;
    const { message, hint } = await refusal({ owner, holders: async () => [{ pid: 91, name: 'sleep' }] });
    expect(message).toContain('pid 77 on sim-host');
    expect(message).toContain('which has ended; the lock is still held by pid 91 (sleep)');
    expect(hint).toContain('ps -fp 91');
    expect(hint).toContain('kill 91');
  });

  test('its owner lives, and the kernel says that another process holds the lock: that one is named', async () => {
    const { message, hint } = await refusal({ owner, holders: async () => [{ pid: 91, name: 'sleep' }] });
    expect(message).toContain('which is alive, and does not hold the lock; the lock is still held by pid 91 (sleep)');
    expect(hint).toContain('kill 91');
  });

  test.each([
    ['nobody can be seen', async () => []],
    ['nobody can look', undefined],
    [
      'looking fails',
      async () => {
        throw new Error('EIO');
      },
    ],
  ])('its owner has ended, and %s: it is held all the same, and the hint says how to find out', async (_, holders) => {
    world.processes.alive = async () => false;
    const { message, hint } = await refusal(holders === undefined ? { owner } : { owner, holders });
    expect(message).toContain('which has ended; the lock is still held');
    expect(hint).toContain(`fuser -v ${PATH}`);
  });

  test('the owner is on another machine: nothing is said about whether it lives', async () => {
    world.processes.alive = async () => {
      throw new Error('asked about a pid of another machine');
    };
    const { message, hint } = await refusal({ owner: { ...owner, host: 'far-away' }, holders: async () => [] });
    expect(message).toContain('whether it is alive cannot be seen from sim-host');
    expect(hint).toContain('look on far-away');
  });

  test('there is no note yet', async () => {
    const { message } = await refusal({ owner: undefined, holders: async () => [{ pid: 91, name: 'node' }] });
    expect(message).toContain('another process, which has left no note by pid 91 (node)');
  });

  test('whether the owner lives cannot be found out: it is taken for alive', async () => {
    world.processes.alive = async () => {
      throw new Error('no /proc');
    };
    expect((await refusal({ owner })).message).toContain('of which nobody can say whether it is alive: no /proc');
  });

  test('is never taken by age', async () => {
    world.processes.alive = async () => false;
    world.locks.holdElsewhere(PATH, owner);
    await expect(hold()).rejects.toMatchObject({ code: 'environment-busy' });
    expect(world.locks.isHeld(PATH)).toBe(true);
  });
});

describe('a look at the lock', () => {
  test('leaves it as it was', async () => {
    expect(await whoHolds(world, PATH)).toBeUndefined();
    expect(world.locks.isHeld(PATH)).toBe(false);
    const release = world.locks.holdElsewhere(PATH, owner);
    expect(await whoHolds(world, PATH)).toMatchObject({ message: expect.stringContaining('session earlier') });
    release();
    expect(await whoHolds(world, `${PATH}-that-never-was`)).toBeUndefined();
    expect(await world.fs.exists(`${PATH}-that-never-was`)).toBe(false);
  });

  test('that falls together with the start of a session does not refuse it', async () => {
    const release = world.locks.holdElsewhere(PATH, { ...owner, session: 'none, only looking' });
    void world.clock.sleep(30).then(release);
    await (await hold()).release();
  });

  test('that falls together with another look is nobody who drills', async () => {
    const release = world.locks.holdElsewhere(PATH, { ...owner, session: 'none, only looking' });
    void world.clock.sleep(30).then(release);
    expect(await world.run(() => whoHolds(world, PATH))).toBeUndefined();
  });

  test('that never ends does', async () => {
    world.locks.holdElsewhere(PATH, { ...owner, session: 'none, only looking' });
    await expect(hold()).rejects.toMatchObject({ code: 'environment-busy' });
  });
});

test.each(['EACCES', 'EROFS', 'ENOSPC'])('a folder for locks that cannot be made (%s) is refused', async (code) => {
  world.fs.fault = ({ kind }) => (kind === 'folder' ? { code } : undefined);
  await expect(hold()).rejects.toMatchObject({
    code: 'lock-unusable',
    exitCode: EXIT.inconclusive,
    hint: expect.stringContaining('XDG_STATE_HOME'),
  });
});
