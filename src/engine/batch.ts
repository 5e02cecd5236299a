import type { GamedayEvent, ProbeMissed } from '../journal/events.ts';
import type { Recorder } from './recorder.ts';

/** Collects the items of one source between two flushes, so that a thousand samples cost one line and not a thousand. */
export class Batch<Item> {
  private readonly toEvent: (items: readonly Item[]) => GamedayEvent;
  private items: Item[] = [];

  constructor(toEvent: (items: readonly Item[]) => GamedayEvent) {
    this.toEvent = toEvent;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  add(item: Item): void {
    this.items.push(item);
  }

  async flush(recorder: Recorder): Promise<void> {
    if (this.items.length === 0) return;
    const items = this.items;
    this.items = [];
    await recorder.attempt(this.toEvent(items));
  }
}

/** Counts the missed ticks of one source: one event a reason and flush. */
export class MissedBatch {
  private readonly pending = new Map<ProbeMissed['reason'], ProbeMissed>();
  private readonly scenario: string;
  private readonly probe: string;

  constructor(scenario: string, probe: string) {
    this.scenario = scenario;
    this.probe = probe;
  }

  add(scheduledAt: number, reason: ProbeMissed['reason']): void {
    const before = this.pending.get(reason);
    this.pending.set(reason, {
      type: 'probe.missed',
      scenario: this.scenario,
      probe: this.probe,
      count: (before?.count ?? 0) + 1,
      firstScheduledAt: before?.firstScheduledAt ?? scheduledAt,
      lastScheduledAt: scheduledAt,
      reason,
    });
  }

  async flush(recorder: Recorder): Promise<void> {
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const missed of all) await recorder.attempt(missed);
  }
}
