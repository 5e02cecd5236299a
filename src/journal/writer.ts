import { redactTexts } from '../core/secret.ts';
import { encode, envelop } from './codec.ts';
import { type GamedayEvent, isBulk, type JournalRecord } from './events.ts';

/** Where lines go. The file behind it belongs to the holder of the environment's lock alone. */
export interface JournalSink {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalWriterOptions {
  readonly sink: JournalSink;
  /** CLOCK_MONOTONIC in ms. */
  readonly now: () => number;
  /** Wall time as ISO text. */
  readonly at: () => string;
  /** Takes secrets out of every text before it is written. */
  readonly redact: (text: string) => string;
  /** seq and hash to go on from; the start of a new journal when absent. */
  readonly from: { readonly seq: number; readonly prev: string };
  /** Called in order for each record once it is in the kernel's hands (and on disk, if it is a control event). */
  readonly onRecord?: (record: JournalRecord) => void;
}

/**
 * The one writer of a journal. Lines are written strictly in the order of the calls. A control event resolves when it
 * is on disk; a bulk event when the kernel has it, and it reaches the disk with the next sync.
 * After a failed write nothing more is written and every call rejects: a journal with a hole proves nothing.
 */
export class JournalWriter {
  private readonly options: JournalWriterOptions;
  private seq: number;
  private prev: string;
  private queue: Promise<void> = Promise.resolve();
  private broken: Error | undefined;
  private unsynced = false;
  private closing = false;

  constructor(options: JournalWriterOptions) {
    this.options = options;
    this.seq = options.from.seq;
    this.prev = options.from.prev;
  }

  /** Hash of the last line: what `verify --head` is given. */
  get head(): string {
    return this.prev;
  }

  /** Why nothing more is written. */
  get failure(): Error | undefined {
    return this.broken;
  }

  /** The beginning of a text, cut after its secrets were taken out: half a secret would not be known any more. */
  clip(text: string, longest: number): string {
    return this.options.redact(text).slice(0, longest);
  }

  /** Nothing that is still queued is written any more: whoever waited has given up, and the next writer may be at work. */
  abandon(reason: Error): void {
    this.broken ??= reason;
  }

  record(event: GamedayEvent): Promise<JournalRecord> {
    return this.closing ? Promise.reject(new Error('the journal is closed')) : this.append(() => event);
  }

  /** The event is asked for when everything before it is written. */
  private append(eventNow: () => GamedayEvent): Promise<JournalRecord> {
    const at = this.options.at();
    const t = this.options.now();
    return this.enqueue(async () => {
      const event = eventNow();
      // What is told is redacted. The envelope and the type hold the journal together, and no secret can get into them.
      const told = { ...redactTexts(event, this.options.redact), type: event.type } as GamedayEvent;
      const record = envelop(told, this.seq, at, t, this.prev);
      const { line, hash } = encode(record);
      await this.options.sink.write(Buffer.from(`${line}\n`, 'utf8'));
      this.seq += 1;
      this.prev = hash;
      this.unsynced = true;
      if (!isBulk(event.type)) await this.syncNow();
      this.tell(record);
      return record;
    });
  }

  /** Forces bulk events to disk. */
  sync(): Promise<void> {
    return this.enqueue(() => this.syncNow());
  }

  /** Seals and closes. Returns the head. */
  async close(): Promise<string> {
    // A signal may come at any time: what is being written goes before the seal, and nothing behind it.
    this.closing = true;
    try {
      if (this.broken === undefined) await this.append(() => ({ type: 'session.sealed', head: this.prev }));
    } finally {
      await this.options.sink.close();
    }
    return this.prev;
  }

  /** A listener's mistake is a crash of its own, and no hole in the journal. */
  private tell(record: JournalRecord): void {
    try {
      this.options.onRecord?.(record);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  private async syncNow(): Promise<void> {
    if (!this.unsynced) return;
    await this.options.sink.sync();
    this.unsynced = false;
  }

  private enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(async () => {
      if (this.broken !== undefined) throw this.broken;
      try {
        return await work();
      } catch (error) {
        this.broken = error instanceof Error ? error : new Error(String(error));
        throw this.broken;
      }
    });
    this.queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
