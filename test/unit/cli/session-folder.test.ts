import { beforeEach, describe, expect, test } from 'vitest';
import { lockPath } from '../../../src/cli/lock-path.ts';
import { openSecrets } from '../../../src/cli/secrets.ts';
import { LEAST_FREE_BYTES, makeSessionFolder } from '../../../src/cli/session-folder.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { SimWorld } from '../../support/sim-world.ts';

const LAB = { name: 'lab', kind: 'lab' };

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

describe('the session folder', () => {
  test('is named after the time and the environment; a second one of that second gets a number', async () => {
    const first = await makeSessionFolder(world, '/srv/sessions', LAB);
    expect(first).toEqual({ id: '2026-01-01T00-00-00Z-lab', path: '/srv/sessions/2026-01-01T00-00-00Z-lab' });
    expect((await makeSessionFolder(world, '/srv/sessions', LAB)).id).toBe('2026-01-01T00-00-00Z-2-lab');
    expect(await world.fs.list(first.path)).toEqual([]);
  });

  test.each([
    [{ name: 'staging', kind: 'lab' }, 'staging-lab'],
    [{ name: 'my-lab', kind: 'lab' }, 'my-lab'],
    [{ name: 'staging', kind: 'staging' }, 'staging'],
  ])('of %j ends with %s: git ignores those of a lab by that', async (environment, end) => {
    expect((await makeSessionFolder(world, '/srv/sessions', environment)).id).toBe(`2026-01-01T00-00-00Z-${end}`);
  });

  test.each(['EROFS', 'EACCES', 'ENOSPC'])(
    'a folder that fails with %s is refused before anything is broken',
    async (code) => {
      world.fs.fault = ({ kind }) => (kind === 'write' || kind === 'folder' ? { code } : undefined);
      await expect(makeSessionFolder(world, '/srv/sessions', LAB)).rejects.toMatchObject({
        code: 'sessions-folder',
        exitCode: EXIT.inconclusive,
        hint: expect.stringContaining('--sessions'),
      });
    },
  );

  test('too little room is refused, and no empty folder is left', async () => {
    world.fs.freeBytes = async () => LEAST_FREE_BYTES - 1;
    await expect(makeSessionFolder(world, '/srv/sessions', LAB)).rejects.toMatchObject({
      exitCode: EXIT.inconclusive,
      message: expect.stringContaining('99 MiB are free'),
    });
    expect(await world.fs.list('/srv/sessions')).toEqual([]);
  });
});

describe('the lock of an environment', () => {
  test('stands in the state folder', () => {
    expect(lockPath(world.env, 'shop')).toBe('/home/operator/.local/state/gameday/locks/shop');
    world.env.variables.XDG_STATE_HOME = '/var/state';
    expect(lockPath(world.env, 'shop')).toBe('/var/state/gameday/locks/shop');
    world.env.variables.XDG_STATE_HOME = 'relative';
    expect(lockPath(world.env, 'shop')).toBe('/home/operator/.local/state/gameday/locks/shop');
  });

  test('a path becomes one file name, and two paths never the same', () => {
    const [one, two] = [lockPath(world.env, '/a/b/.gameday'), lockPath(world.env, '/a-b/.gameday')];
    expect(one).not.toBe(two);
    expect(one).toMatch(/\/locks\/a-b-gameday-[0-9a-f]{12}$/);
    expect(lockPath(world.env, '../../etc/passwd')).toMatch(/\/locks\/[A-Za-z0-9-]+$/);
  });
});

describe('secrets', () => {
  test('come from the environment or a file, and are redacted from then on', async () => {
    world.env.variables.PGPASSWORD = 'correct horse';
    await world.fs.write('/srv/secret', 'battery staple\n');
    const secrets = openSecrets(world, '/srv');
    expect(secrets.redact('correct horse')).toBe('correct horse');
    expect(await secrets.read({ env: 'PGPASSWORD' })).toBe('correct horse');
    expect(await secrets.read({ file: 'secret' })).toBe('battery staple');
    expect(secrets.redact('a correct horse, a battery staple')).toBe('a [redacted], a [redacted]');
  });

  test.each([
    [{ env: 'NOT_SET' }, 'NOT_SET is not set'],
    [{ file: 'nowhere' }, "no secret's file /srv/nowhere"],
    [{ file: 'empty' }, '/srv/empty is empty'],
  ])('what is not there is said with its place: %j', async (ref, message) => {
    await world.fs.write('/srv/empty', '\n');
    await expect(openSecrets(world, '/srv').read(ref)).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(message),
    });
  });
});
