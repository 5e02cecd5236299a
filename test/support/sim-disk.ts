/** Who runs gameday in a simulated world, and owns all that nobody gave away. */
export const OPERATOR = { uid: 1_000, gid: 1_000 };

/** What stands under one path of the simulated disk. */
export type Entry = FileEntry | FolderEntry;

export interface FolderEntry {
  readonly kind: 'folder';
  mode: number;
  owner: { uid: number; gid: number };
}

/** A file's bytes, and how many of them a power cut would leave. */
export class FileEntry {
  readonly kind = 'file';
  mode: number;
  owner = { ...OPERATOR };
  durableBytes = 0;
  private buffer = Buffer.alloc(256);
  private length = 0;

  constructor(mode: number) {
    this.mode = mode;
  }

  get size(): number {
    return this.length;
  }

  bytes(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  append(bytes: Uint8Array): void {
    const needed = this.length + bytes.byteLength;
    if (needed > this.buffer.length) {
      const wider = Buffer.alloc(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(wider, 0, 0, this.length);
      this.buffer = wider;
    }
    this.buffer.set(bytes, this.length);
    this.length = needed;
  }

  truncate(bytes: number): void {
    this.length = Math.min(this.length, bytes);
    this.durableBytes = Math.min(this.durableBytes, this.length);
  }
}

/** An error as Node's file functions throw it. */
export function diskError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), { code });
}
