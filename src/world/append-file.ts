import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppendFile } from './world.ts';
import { syncFolder } from './write-whole.ts';

/** Opens a file for appending and creates it where it is missing, so that its name survives a power cut as well. */
export async function openAppend(path: string, mode?: number): Promise<AppendFile> {
  const file = await open(path, 'a', mode ?? 0o666);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await syncFolder(dirname(path));
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    async write(bytes) {
      let written = 0;
      while (written < bytes.byteLength) {
        const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written);
        if (bytesWritten === 0) throw new Error(`${path}: only ${written} of ${bytes.byteLength} bytes were written`);
        written += bytesWritten;
      }
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}
