import { posix } from 'node:path';
import type { AppendFile, Files, FileEntry as WorldEntry } from '../../src/world/world.ts';
import { diskError, type Entry, FileEntry, OPERATOR } from './sim-disk.ts';
import type { SimRandom } from './sim-random.ts';

export interface FileOperation {
  readonly kind: 'read' | 'write' | 'append' | 'sync' | 'open' | 'folder' | 'remove';
  readonly path: string;
  /** How much is to be written; 0 for everything else. */
  readonly bytes: number;
}

/** The operation rejects with this code (`ENOSPC`, `EIO`, `EROFS`, `EACCES`); of an append, `after` bytes are written first. */
export interface FileFault {
  readonly code: string;
  readonly after?: number;
}

/** A disk in memory. What was written is seen at once; what was not synced may be gone after a crash. */
export class SimFiles implements Files {
  /** Asked before each operation; undefined lets it pass. */
  fault: (operation: FileOperation) => FileFault | undefined = () => undefined;
  /** Nothing answers any more, as on a network share whose server has gone. */
  frozen = false;
  /** Bytes that the disk holds; beyond it writes are cut short and reject with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  private readonly entries = new Map<string, Entry>();
  private readonly moved: () => void;
  private readonly cwd: string;
  /** Files that were open when the process died cannot be used by what is left of it. */
  private life = 0;

  constructor(cwd: string, folders: readonly string[], moved: () => void) {
    this.cwd = cwd;
    this.moved = moved;
    for (const folder of ['/', cwd, ...folders]) this.addFolder(folder, 0o755);
  }

  /** Ends every open file. Unsynced bytes stay (the process died), go, or stay in part (the machine lost power). */
  crash(unsynced: 'kept' | 'dropped' | 'torn', random: SimRandom): void {
    this.life += 1;
    for (const entry of this.entries.values()) {
      if (entry.kind === 'folder' || unsynced === 'kept') continue;
      const loose = entry.size - entry.durableBytes;
      entry.truncate(entry.durableBytes + (unsynced === 'torn' ? random.below(loose + 1) : 0));
    }
  }

  async readText(path: string): Promise<string | undefined> {
    return (await this.readFile(path))?.toString('utf8');
  }

  async readBytes(path: string): Promise<Uint8Array | undefined> {
    return this.readFile(path);
  }

  async readFrom(path: string, offset: number, maxBytes: number): Promise<Uint8Array | undefined> {
    return (await this.readFile(path))?.subarray(offset, offset + maxBytes);
  }

  async size(path: string): Promise<number | undefined> {
    await this.unlessFrozen();
    const entry = this.find(path);
    return entry?.kind === 'folder' ? 4_096 : entry?.size;
  }

  async write(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
    const bytes = Buffer.from(content);
    await this.enter('write', path, bytes.length);
    this.requireParent('open', path);
    if (bytes.length > this.free()) throw diskError('ENOSPC', 'write', path);
    const file = new FileEntry(mode ?? 0o644);
    file.append(bytes);
    file.durableBytes = file.size;
    this.entries.set(this.resolve(path), file);
  }

  async openAppend(path: string, mode?: number): Promise<AppendFile> {
    await this.enter('open', path, 0);
    this.requireParent('open', path);
    const file = this.find(path) ?? new FileEntry(mode ?? 0o644);
    if (file.kind === 'folder') throw diskError('EISDIR', 'open', path);
    if (mode !== undefined) file.mode = mode;
    this.entries.set(this.resolve(path), file);
    const life = this.life;
    let open = true;
    const verifyOpen = (operation: string): void => {
      if (!open || life !== this.life) throw diskError('EBADF', operation, path);
    };
    return {
      write: async (bytes) => {
        verifyOpen('write');
        await this.append(file, path, bytes);
      },
      sync: async () => {
        verifyOpen('fdatasync');
        await this.enter('sync', path, 0);
        file.durableBytes = file.size;
      },
      close: async () => {
        await this.unlessFrozen();
        open = false;
      },
    };
  }

  async makeFolder(path: string, mode?: number): Promise<void> {
    await this.enter('folder', path, 0);
    if (this.find(path)?.kind === 'file') throw diskError('EEXIST', 'mkdir', path);
    this.addFolder(this.resolve(path), mode ?? 0o755);
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    await this.enter('read', path, 0);
    if (this.find(path)?.kind !== 'folder') return undefined;
    const folder = this.resolve(path);
    return [...this.entries.keys()]
      .filter((one) => one !== '/' && posix.dirname(one) === folder)
      .map((one) => posix.basename(one))
      .sort();
  }

  async exists(path: string): Promise<boolean> {
    await this.unlessFrozen();
    return this.find(path) !== undefined;
  }

  async entry(path: string): Promise<WorldEntry | undefined> {
    await this.unlessFrozen();
    const entry = this.find(path);
    return entry && { kind: entry.kind, uid: entry.owner.uid };
  }

  async remove(path: string): Promise<void> {
    await this.enter('remove', path, 0);
    const target = this.resolve(path);
    for (const one of [...this.entries.keys()]) {
      if (one === target || one.startsWith(`${target}/`)) this.entries.delete(one);
    }
  }

  async realPath(path: string): Promise<string> {
    this.require('realpath', path);
    return this.resolve(path);
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    this.require('chown', path).owner = { uid, gid };
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.require('chmod', path).mode = mode;
  }

  async freeBytes(path: string): Promise<number> {
    this.require('statfs', path);
    return this.free();
  }

  /** Mode and owner of what stands there, for assertions. */
  inspect(
    path: string,
  ): { readonly mode: number; readonly owner: { readonly uid: number; readonly gid: number } } | undefined {
    return this.find(path);
  }

  /** A file's bytes as they stand now, and how many of them a power cut would leave. Neither takes a turn nor can it fail. */
  peek(path: string): { readonly bytes: Buffer; readonly durableBytes: number } | undefined {
    const entry = this.find(path);
    return entry?.kind === 'file' ? { bytes: entry.bytes(), durableBytes: entry.durableBytes } : undefined;
  }

  private async append(file: FileEntry, path: string, bytes: Uint8Array): Promise<void> {
    this.moved();
    await this.unlessFrozen();
    const fault = this.fault({ kind: 'append', path: this.resolve(path), bytes: bytes.byteLength });
    const free = this.free();
    const fits = Math.min(bytes.byteLength, fault === undefined ? free : Math.min(free, fault.after ?? 0));
    file.append(bytes.subarray(0, fits));
    await Promise.resolve();
    if (fault !== undefined) throw diskError(fault.code, 'write', path);
    if (fits < bytes.byteLength) throw diskError('ENOSPC', 'write', path);
  }

  private async readFile(path: string): Promise<Buffer | undefined> {
    await this.enter('read', path, 0);
    const entry = this.find(path);
    if (entry?.kind === 'folder') throw diskError('EISDIR', 'read', path);
    return entry?.bytes();
  }

  /** Every operation takes a turn of its own, as on a real disk. */
  private async enter(kind: FileOperation['kind'], path: string, bytes: number): Promise<void> {
    this.moved();
    await Promise.resolve();
    await this.unlessFrozen();
    const fault = this.fault({ kind, path: this.resolve(path), bytes });
    if (fault !== undefined) throw diskError(fault.code, kind, path);
  }

  private unlessFrozen(): Promise<void> | undefined {
    return this.frozen ? new Promise(() => undefined) : undefined;
  }

  private resolve(path: string): string {
    return posix.resolve(this.cwd, path);
  }

  private find(path: string): Entry | undefined {
    return this.entries.get(this.resolve(path));
  }

  private require(operation: string, path: string): Entry {
    const entry = this.find(path);
    if (entry === undefined) throw diskError('ENOENT', operation, path);
    return entry;
  }

  private requireParent(operation: string, path: string): void {
    const parent = this.find(posix.dirname(this.resolve(path)));
    if (parent?.kind !== 'folder') throw diskError(parent === undefined ? 'ENOENT' : 'ENOTDIR', operation, path);
  }

  private addFolder(path: string, mode: number): void {
    for (let one = path; !this.entries.has(one); one = posix.dirname(one)) {
      this.entries.set(one, { kind: 'folder', mode, owner: { ...OPERATOR } });
    }
  }

  private free(): number {
    let used = 0;
    for (const entry of this.entries.values()) if (entry.kind === 'file') used += entry.size;
    return Math.max(0, this.capacity - used);
  }
}
