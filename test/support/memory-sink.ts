import type { JournalSink } from '../../src/journal/writer.ts';

/** A sink in memory that can be told to fail, and that knows what was synced. */
export class MemorySink implements JournalSink {
  private readonly chunks: Uint8Array[] = [];
  syncedBytes = 0;
  syncs = 0;
  failWith: Error | undefined;

  bytes(): Uint8Array {
    return Buffer.concat(this.chunks);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.failWith !== undefined) throw this.failWith;
    this.chunks.push(bytes);
  }

  async sync(): Promise<void> {
    if (this.failWith !== undefined) throw this.failWith;
    this.syncs += 1;
    this.syncedBytes = this.bytes().length;
  }

  async close(): Promise<void> {}
}
