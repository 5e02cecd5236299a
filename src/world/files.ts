import { chmod, chown, readdir, readFile, realpath, rm, stat, statfs } from 'node:fs/promises';
import { openAppend } from './append-file.ts';
import { unlessMissing } from './errno.ts';
import { makeFolder } from './make-folder.ts';
import { readFrom } from './read-from.ts';
import type { Files } from './world.ts';
import { writeWhole } from './write-whole.ts';

export function createFiles(): Files {
  return {
    readText: (path) => unlessMissing(readFile(path, 'utf8')),
    readBytes: (path) => unlessMissing(readFile(path)),
    readFrom: (path, offset, maxBytes) => unlessMissing(readFrom(path, offset, maxBytes)),
    size: async (path) => (await unlessMissing(stat(path)))?.size,
    write: writeWhole,
    openAppend,
    makeFolder,
    list: async (path) => (await unlessMissing(readdir(path)))?.sort(),
    exists: async (path) => (await unlessMissing(stat(path))) !== undefined,
    remove: (path) => rm(path, { recursive: true, force: true }),
    realPath: (path) => realpath(path),
    chown,
    chmod,
    freeBytes: async (path) => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
  };
}
