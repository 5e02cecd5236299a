// Finding programs without asking a shell.
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/sbin'];

/** Full path of the first of these programs that can be run, or undefined. */
export function findProgram(names, extraFolders = []) {
  const folders = [
    ...(process.env.PATH ?? '').split(':').filter((one) => one.startsWith('/')),
    ...SYSTEM_FOLDERS,
    ...extraFolders,
  ];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
