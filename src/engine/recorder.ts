import type { GamedayEvent, JournalRecord } from '../journal/events.ts';
import type { JournalWriter } from '../journal/writer.ts';

/**
 * The engine's way into the journal. Before a fault a lost journal stops the drill (`record` rejects); during a restore
 * nothing may stop it (`attempt` only remembers the failure, which the session reports at its end).
 */
export class Recorder {
  private readonly writer: JournalWriter;
  private readonly seen = new Set<string>();
  private broken: Error | undefined;
  private readonly onBroken: (error: Error) => void;

  constructor(writer: JournalWriter, onBroken: (error: Error) => void) {
    this.writer = writer;
    this.onBroken = onBroken;
  }

  get failure(): Error | undefined {
    return this.broken;
  }

  async record(event: GamedayEvent): Promise<JournalRecord> {
    try {
      return await this.writer.record(event);
    } catch (error) {
      throw this.remember(error);
    }
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
    try {
      await this.writer.sync();
    } catch (error) {
      this.remember(error);
    }
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

  private remember(error: unknown): Error {
    const known = error instanceof Error ? error : new Error(String(error));
    if (this.broken === undefined) {
      this.broken = known;
      this.onBroken(known);
    }
    return known;
  }
}
