import { messageOf } from '../core/errors.ts';
import { badFigure, keptName, type Ledger, type LedgerEntry, type WriteResult } from '../core/ledger.ts';
import type { LedgerEntries } from '../journal/events.ts';
import { DeadlineError, withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';
import { Batch, MissedBatch } from './batch.ts';
import { openLoop } from './open-loop.ts';
import type { Pulse } from './pulse.ts';
import type { Recorder } from './recorder.ts';
import { removeData } from './remove-data.ts';
import type { Wakefulness } from './wakefulness.ts';

const OPEN_DEADLINE_MS = 15_000;
/** Every object is read through every node. */
const AUDIT_DEADLINE_MS = 120_000;
const MAX_DETAIL = 200;

/** Where an audit is said to belong. */
export interface AuditedAs {
  readonly scenario: string;
  readonly ledger: string;
}

/** Runs one workload, journals every write and audits it afterwards. */
export class LedgerRunner {
  private readonly ledger: Ledger;
  private readonly scenario: string;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly pulse: Pulse;
  private readonly wakefulness: Wakefulness;
  private readonly entries: LedgerEntry[] = [];
  private readonly batch: Batch<LedgerEntries['items'][number]>;
  private readonly missed: MissedBatch;
  private opened = false;
  private lastId = 0;
  /** The line of entries that is on its way to the kernel. */
  private handing: Promise<void> | undefined;

  constructor(
    ledger: Ledger,
    scenario: string,
    clock: Clock,
    recorder: Recorder,
    pulse: Pulse,
    wakefulness: Wakefulness,
  ) {
    this.ledger = ledger;
    this.scenario = scenario;
    this.clock = clock;
    this.recorder = recorder;
    this.pulse = pulse;
    this.wakefulness = wakefulness;
    this.batch = new Batch((items) => ({ type: 'ledger.entries', scenario, ledger: ledger.name, items }));
    this.missed = new MissedBatch(scenario, ledger.name);
    pulse.expect(ledger.name, ledger.user);
  }

  async open(signal: AbortSignal): Promise<void> {
    const { name, namespace } = this.ledger;
    await this.recorder.record({ type: 'ledger.opened', scenario: this.scenario, ledger: name, namespace });
    this.opened = true;
    await withDeadline(this.clock, OPEN_DEADLINE_MS, signal, (inner) => this.ledger.open(inner));
  }

  /** Resolves after the signal has aborted and the last write has ended. */
  async run(signal: AbortSignal): Promise<void> {
    await openLoop({
      clock: this.clock,
      intervalMs: this.ledger.intervalMs,
      maxInFlight: this.ledger.concurrency,
      signal,
      tick: (scheduledAt) => this.write(scheduledAt),
      missed: (scheduledAt, reason) => this.missed.add(scheduledAt, reason),
    });
  }

  async flush(): Promise<void> {
    await this.handOver();
    await this.missed.flush(this.recorder);
  }

  /** `under`: the scenario and the name that the audit is journaled with. Default: its own. */
  async audit(under: AuditedAs = this.own): Promise<void> {
    const entries = [...this.entries].sort((a, b) => a.id - b.id);
    try {
      const audits = await withDeadline(this.clock, AUDIT_DEADLINE_MS, undefined, (signal) =>
        this.ledger.audit(entries, signal),
      );
      // In the journal it would be null, and read as one that nobody looked at.
      const bad = audits.map(badFigure).find((name) => name !== undefined);
      if (bad !== undefined) throw new Error(`the audit gives no number for ${bad}`);
      await this.recorder.attempt({ type: 'ledger.audited', ...under, audits });
    } catch (error) {
      await this.unread(messageOf(error), under);
    }
  }

  /** Says that no audit was made, so that nobody takes silence for a clean one. */
  async unread(detail: string, under: AuditedAs = this.own): Promise<void> {
    await this.recorder.attempt({ type: 'ledger.unread', ...under, detail });
  }

  /** How an audit of this workload is journaled by the strike after its own. */
  againIn(scenario: string): AuditedAs {
    return { scenario, ledger: keptName(this.ledger.name) };
  }

  private get own(): AuditedAs {
    return { scenario: this.scenario, ledger: this.ledger.name };
  }

  async remove(): Promise<void> {
    if (!this.opened) return;
    await removeData(this.ledger, this.scenario, this.clock, this.recorder);
  }

  /**
   * A write is never cut short by the drill's end: an acknowledgement that nobody waited for would be lost evidence. And
   * none is issued while an earlier answer stands in our memory alone: a tool that dies then takes no promise with it.
   */
  private async write(scheduledAt: number): Promise<void> {
    await this.handOver();
    this.lastId += 1;
    const id = this.lastId;
    const startedAt = this.clock.now();
    const result = await this.attempt(id);
    const endedAt = this.clock.now();
    const detail = result.detail && this.recorder.clip(result.detail, MAX_DETAIL);
    this.entries.push({ id, startedAt, endedAt, outcome: result.outcome });
    const item = [id, startedAt, endedAt, result.outcome, detail ?? '', coarsely(startedAt - scheduledAt)] as const;
    if (this.ranOutOfOurTime(result, startedAt, endedAt)) {
      // The audit has to know of it, and nobody else: it says nothing about the service.
      this.batch.add([...item, 'stood-still']);
      this.missed.add(scheduledAt, 'stood-still');
    } else {
      this.batch.add(item);
      this.pulse.write(this.ledger.name, result.outcome === 'acked', result.outcome, detail, startedAt);
    }
    await this.handOver();
  }

  private ranOutOfOurTime({ outcome }: WriteResult, startedAt: number, endedAt: number): boolean {
    const { timeoutMs } = this.ledger;
    const ranOut = outcome === 'indeterminate' && endedAt - startedAt >= timeoutMs;
    return ranOut && this.wakefulness.wasOurs(startedAt, timeoutMs);
  }

  /** Resolves when the kernel has every answer that has come so far. Those that come while a line is on its way share the next one. */
  private async handOver(): Promise<void> {
    while (this.handing !== undefined || !this.batch.isEmpty) {
      this.handing ??= this.batch.flush(this.recorder).finally(() => {
        this.handing = undefined;
      });
      await this.handing;
    }
  }

  private async attempt(id: number): Promise<WriteResult> {
    try {
      return await withDeadline(this.clock, this.ledger.timeoutMs, undefined, (signal) =>
        this.ledger.write(id, signal),
      );
    } catch (error) {
      const detail = error instanceof DeadlineError ? `no answer in ${this.ledger.timeoutMs}ms` : messageOf(error);
      return { outcome: 'indeterminate', detail };
    }
  }
}

/** Tenths of a millisecond: lateness is told in them, and each digit stands in the journal once a write. */
function coarsely(ms: number): number {
  return Math.round(ms * 10) / 10;
}
