import { expect, test } from 'vitest';
import { findTools } from '../../../src/lab/tools.ts';
import { SimWorld } from '../../support/sim-world.ts';

test.each([
  ['/var/cache/me', '/var/cache/me/gameday/minio/'],
  ['cache', '/home/operator/.cache/gameday/minio/'],
  ['', '/home/operator/.cache/gameday/minio/'],
])('MinIO is looked for in the user’s cache: XDG_CACHE_HOME="%s" is %s', async (named, expected) => {
  const world = new SimWorld();
  world.env.variables.XDG_CACHE_HOME = named;
  const asked: string[] = [];
  world.exec.find = async (program, folders = []) => {
    if (program === 'minio') asked.push(...folders);
    return undefined;
  };
  await world.run(() => findTools(world));
  expect(asked).toEqual([expect.stringMatching(new RegExp(`^${expected}`))]);
});
