import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeFolder } from '../../src/world/make-folder.ts';

const synced = vi.hoisted((): string[] => []);

/** What the kernel was asked to keep, by the name of the folder. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (path: string, flags: string) => {
      const file = await real.open(path, flags);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        synced.push(path);
      };
      return file;
    },
  };
});

let top: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'gameday-folder-'));
  synced.length = 0;
});

afterEach(async () => {
  await chmod(top, 0o700);
  await rm(top, { recursive: true, force: true });
});

test('the parent of each folder that was made is synced, from the top down', async () => {
  await makeFolder(join(top, 'sessions', 'one'), 0o700);
  expect(synced).toEqual([top, join(top, 'sessions')]);
});

test('where the folder is there already nothing is synced', async () => {
  await makeFolder(top);
  expect(synced).toEqual([]);
});

test('a parent that may not be read is no reason to fail', async () => {
  await chmod(top, 0o300);
  await makeFolder(join(top, 'one'), 0o700);
  expect((await stat(join(top, 'one'))).isDirectory()).toBe(true);
});
