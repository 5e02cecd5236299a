import type { GamedayEvent, JournalRecord } from '../journal/events.ts';
import type { JournalWriter } from '../journal/writer.ts';
import { DeadlineError, patiently } from '../world/await.ts';
import type { Clock } from '../world/world.ts';

/**
 * The engine's way into the journal. Before a fault a lost journal stops the drill (`record` rejects); during a restore
 * nothing may stop it (`attempt` only remembers the failure, which the session reports at its end).
 */
export class Recorder {
  private readonly writer: JournalWriter;
  private readonly clock: Clock;
  private readonly seen = new Set<string>();
  private broken: Error | undefined;
  private closing: Promise<string> | undefined;
  private readonly onBroken: (error: Error) => void;

  constructor(writer: JournalWriter, clock: Clock, onBroken: (error: Error) => void) {
    this.writer = writer;
    this.clock = clock;
    this.onBroken = onBroken;
  }

  get failure(): Error | undefined {
    return this.broken;
  }

  /** Rejects when it cannot be written, and once the journal is being closed: then nothing is lost with it. */
  async record(event: GamedayEvent): Promise<JournalRecord> {
    if (this.closing !== undefined) throw new Error('the journal is closed');
    return this.unlessHung(() => this.writer.record(event));
  }

  async attempt(event: GamedayEvent): Promise<void> {
    await this.record(event).catch(() => undefined);
  }

  /** The beginning of a text from outside, without secrets. */
  clip(text: string, longest: number): string {
    return this.writer.clip(text, longest);
  }

  /** Hands bulk events to the disk. */
  async sync(): Promise<void> {
    await this.unlessHung(() => this.writer.sync()).catch(() => undefined);
  }

  /** Seals and closes the journal, once. Returns its head. */
  close(): Promise<string> {
    this.closing ??= this.unlessHung(() => this.writer.close());
    return this.closing;
  }

  /** A finding is journaled once a scenario, kind and text. */
  async gap(scenario: string, kind: string, text: string): Promise<void> {
    await this.once(`gap ${scenario} ${kind} ${text}`, { type: 'gap', scenario, kind, text });
  }

  async note(scenario: string, text: string): Promise<void> {
    await this.once(`note ${scenario} ${text}`, { type: 'note', scenario, text });
  }

  private async once(key: string, event: GamedayEvent): Promise<void> {
    if (this.seen.has(key)) return;
    this.seen.add(key);
    await this.attempt(event);
  }

  /** A restore must not wait for a disk that hangs: what did not answer once is not asked again. */
  private async unlessHung<T>(work: () => Promise<T>): Promise<T> {
    if (this.broken instanceof DeadlineError) throw this.broken;
    try {
      return await patiently(this.clock, work);
    } catch (error) {
      throw this.remember(error);
    }
  }

  private remember(error: unknown): Error {
    const known = error instanceof Error ? error : new Error(String(error));
    if (this.broken === undefined) {
      this.broken = known;
      this.writer.abandon(known);
      this.onBroken(known);
    }
    return known;
  }
}
