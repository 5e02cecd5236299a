import { beforeAll, describe, expect, test } from 'vitest';
import { findLeftovers } from '../../../src/cli/leftovers.ts';
import { noteClosed, pastSessions, rememberSession } from '../../../src/cli/past-sessions.ts';
import { makeSessionFolder } from '../../../src/cli/session-folder.ts';
import { JOURNAL } from '../../support/sim-recovery.ts';
import { runSim } from '../../support/sim-session.ts';
import { SimWorld } from '../../support/sim-world.ts';

const FOLDER = '/srv/sessions/2026-01-01T00-00-00Z-sim';
let whole: Buffer;

beforeAll(async () => {
  const run = await runSim();
  whole = Buffer.from((await run.world.fs.readBytes(JOURNAL)) ?? []);
});

function upTo(type: string): Buffer {
  return whole.subarray(0, whole.indexOf('\n', whole.indexOf(`"type":"${type}"`)) + 1);
}

async function look(journal: Uint8Array, sessions = '/srv/sessions', { saysRestored = false } = {}) {
  const world = new SimWorld();
  // A session that was started from another folder.
  const lockPath = '/run/sim.lock';
  await world.fs.makeFolder(FOLDER, 0o700);
  await world.fs.write(`${FOLDER}/journal.jsonl`, journal, 0o600);
  // Of a platform that is not known here a node's state is unknown, which is not up.
  const past = { sessions, lockPath, platforms: new Map(), environment: { name: 'sim', kind: 'staging' } };
  return world.run(async () => {
    await world.fs.makeFolder('/run');
    await rememberSession(world, lockPath, FOLDER);
    if (saysRestored) await world.fs.write(`${FOLDER}/result.json`, '{"restored":true,"endedAt":"x"}');
    await rememberSession(world, lockPath, '/elsewhere/now');
    return findLeftovers(world, past, new AbortController().signal);
  });
}

describe('what earlier sessions left', () => {
  test('a node that was broken and not restored blocks, and the way back is named', async () => {
    const [check, ...others] = await look(upTo('fault.proven'));
    expect(others).toEqual([]);
    expect(check).toMatchObject({ status: 'blocked', detail: expect.stringContaining('n1 is unknown') });
    expect(check?.hint).toContain(`gameday recover ${FOLDER}`);
  });

  test('the list keeps a session whose folder is gone, until it is known to be closed', async () => {
    const world = new SimWorld();
    const lockPath = '/run/sim.lock';
    await world.run(async () => {
      await world.fs.makeFolder('/run');
      await rememberSession(world, lockPath, '/unmounted/one');
      await rememberSession(world, lockPath, '/srv/two');
      expect(await pastSessions(world, lockPath)).toEqual(['/unmounted/one', '/srv/two']);
      await noteClosed(world, lockPath, '/unmounted/one', () => undefined);
      expect(await pastSessions(world, lockPath)).toEqual(['/unmounted/one', '/srv/two']);
      await rememberSession(world, lockPath, '/srv/three');
      expect(await pastSessions(world, lockPath)).toEqual(['/srv/two', '/srv/three']);
    });
  });

  test('a session that restored everything is none, and neither is one that broke nothing', async () => {
    expect(await look(whole)).toEqual([]);
    expect(await look(upTo('scenario.started'))).toEqual([]);
  });

  test('a line that cannot be read may name a node: it blocks', async () => {
    const damaged = Buffer.from(whole);
    damaged[damaged.indexOf('"undo.armed"') + 3] = 0x7f;
    const [check] = await look(damaged);
    expect(check).toMatchObject({ status: 'blocked', detail: expect.stringMatching(/line \d+ of its journal/) });
  });

  test('so does a journal of which nothing can be read', async () => {
    expect(await look(Buffer.from('{"v":99}\n'))).toMatchObject([{ status: 'blocked' }]);
  });

  test('a session that kept its folder elsewhere is looked at too, once', async () => {
    const [check, ...others] = await look(upTo('fault.proven'), '/home/someone/sessions');
    expect(others).toEqual([]);
    expect(check?.hint).toContain(`gameday recover ${FOLDER}`);
    expect(await look(upTo('fault.proven'), '/home/someone/sessions', { saysRestored: true })).toEqual([]);
  });

  test.each([
    [{ name: 'practice', kind: 'lab' }, '2026-01-01T00-00-00Z-practice-lab'],
    [{ name: 'lab', kind: 'lab' }, '2026-01-01T00-00-00Z-lab'],
    [{ name: 'shop', kind: 'staging' }, '2026-01-01T00-00-00Z-shop'],
  ])('a session on %j is known by the folder that it made, and no other is', async (environment, id) => {
    const world = new SimWorld();
    const past = { sessions: '/srv/sessions', lockPath: '/run/sim.lock', platforms: new Map() };
    const find = (name: string) => {
      const seen = { ...past, environment: { ...environment, name } };
      return findLeftovers(world, seen, new AbortController().signal);
    };
    await world.run(async () => {
      const made = await makeSessionFolder(world, past.sessions, environment);
      expect(made.id).toBe(id);
      await world.fs.write(`${made.path}/journal.jsonl`, upTo('fault.proven'), 0o600);
      expect(await find(environment.name)).toMatchObject([{ status: 'blocked' }]);
      expect(await find('other')).toEqual([]);
    });
  });

  test("a lab's folder that ends with its name alone, as it once did, is looked at too", async () => {
    const world = new SimWorld();
    const folder = '/srv/sessions/2026-01-01T00-00-00Z-practice';
    const past = { sessions: '/srv/sessions', lockPath: '/run/sim.lock', platforms: new Map() };
    await world.run(async () => {
      await world.fs.makeFolder(folder, 0o700);
      await world.fs.write(`${folder}/journal.jsonl`, upTo('fault.proven'), 0o600);
      const here = { ...past, environment: { name: 'practice', kind: 'lab' } };
      expect(await findLeftovers(world, here, new AbortController().signal)).toMatchObject([{ status: 'blocked' }]);
    });
  });
});
