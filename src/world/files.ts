import type { Stats } from 'node:fs';
import { chmod, chown, lstat, readdir, readFile, realpath, rm, stat, statfs } from 'node:fs/promises';
import { openAppend } from './append-file.ts';
import { unlessMissing } from './errno.ts';
import { makeFolder } from './make-folder.ts';
import { readFrom } from './read-from.ts';
import type { FileEntry, Files } from './world.ts';
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
    entry: async (path) => {
      const seen = await unlessMissing(lstat(path));
      return seen === undefined ? undefined : { kind: kindOf(seen), uid: seen.uid };
    },
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

function kindOf(seen: Stats): FileEntry['kind'] {
  if (seen.isFile()) return 'file';
  if (seen.isDirectory()) return 'folder';
  return seen.isSymbolicLink() ? 'link' : 'other';
}
