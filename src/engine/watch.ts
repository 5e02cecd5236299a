import type { AlertSource } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill } from '../core/scenario.ts';
import type { Clock } from '../world/world.ts';
import { AlertWatch } from './alert-watch.ts';
import { LedgerRunner } from './ledger-runner.ts';
import { LogWatch } from './log-watch.ts';
import { MetricWatch } from './metric-watch.ts';
import { ProbeRunner } from './probe-runner.ts';
import { Pulse } from './pulse.ts';
import type { Recorder } from './recorder.ts';
import { Wakefulness } from './wakefulness.ts';

/** Samples are written, and whatever was written is synced: twice in the second that a power cut may cost. */
const FLUSH_EVERY_MS = 500;

/** We notice that we stood still for an eighth of the shortest time limit, and for an eighth of this one at most. */
const LONGEST_TIMEOUT_MS = 2_000;
const NOTICED = 1 / 16;

/** What of a drill is looked at. */
type Watched = Pick<Drill, 'plan' | 'probes' | 'ledgers'>;

/** Everything that looks while a drill runs: probes, ledgers, alerts, logs. Started before the steady phase, stopped after verify. */
export class Watch {
  readonly pulse = new Pulse();
  readonly alerts: AlertWatch | undefined;
  private readonly wakefulness: Wakefulness;
  private readonly metrics: MetricWatch | undefined;
  private readonly probes: readonly ProbeRunner[];
  private readonly ledgers: readonly LedgerRunner[];
  /** Workloads of the strike before this one, still in place: what was promised then must outlive both. */
  private readonly kept: readonly LedgerRunner[];
  readonly logs: LogWatch;
  private readonly drill: Watched;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly looking = new AbortController();
  private readonly writing = new AbortController();
  private tasks: Promise<readonly PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  private writers: Promise<readonly PromiseSettledResult<unknown>[]> = Promise.resolve([]);

  constructor(
    drill: Watched,
    platforms: ReadonlyMap<string, Platform>,
    source: AlertSource | undefined,
    clock: Clock,
    recorder: Recorder,
    kept: readonly LedgerRunner[] = [],
  ) {
    const { id, logs, nodes } = drill.plan;
    this.kept = kept;
    this.drill = drill;
    this.clock = clock;
    this.recorder = recorder;
    const shortest = Math.min(LONGEST_TIMEOUT_MS, ...[...drill.probes, ...drill.ledgers].map((one) => one.timeoutMs));
    this.wakefulness = new Wakefulness(clock, shortest * NOTICED);
    this.alerts = source === undefined ? undefined : new AlertWatch(source, id, clock, recorder, this.wakefulness);
    this.probes = drill.probes.map(
      (probe) => new ProbeRunner(probe, id, clock, recorder, this.pulse, this.wakefulness),
    );
    const question = {
      rules: [...new Set(drill.plan.alerts.map((alert) => alert.name))],
      nodes: nodes.map((node) => node.labels),
    };
    this.metrics = source === undefined ? undefined : new MetricWatch(source, id, question, clock, recorder);
    this.ledgers = drill.ledgers.map(
      (ledger) => new LedgerRunner(ledger, id, clock, recorder, this.pulse, this.wakefulness),
    );
    this.logs = new LogWatch(platforms.get(drill.plan.nodes[0]?.platform ?? ''), id, logs, clock, recorder);
  }

  /** Rejects when a ledger cannot create its namespace; `remove` cleans up what was created. */
  async start(signal: AbortSignal): Promise<void> {
    for (const ledger of this.ledgers) await ledger.open(signal);
    this.writers = Promise.allSettled(this.ledgers.map((ledger) => ledger.run(this.writing.signal)));
    this.tasks = Promise.allSettled([
      this.wakefulness.run(this.looking.signal),
      ...this.probes.map((probe, index) => probe.run(this.looking.signal, this.offsetMs(index))),
      this.alerts?.run(this.looking.signal),
      this.metrics?.run(this.looking.signal),
      this.logs.run(this.looking.signal),
      this.flushing(),
    ]);
  }

  /** Journals which alerts are active right before the fault, and what stands behind those that are expected. False where they could not be read. */
  async baseline(): Promise<boolean> {
    await this.metrics?.survey();
    return (await this.alerts?.baseline()) ?? true;
  }

  /** Lines that match and errors that users see from now on count as the outage's own. */
  faultsBegin(): void {
    this.logs.arm();
    this.pulse.arm(this.clock.now());
  }

  /** Stops the workload, waits for writes in flight and compares what was promised with what is there. */
  async audit(): Promise<void> {
    await this.stopWriting();
    for (const ledger of this.ledgers) await ledger.audit();
    for (const ledger of this.kept) await ledger.audit(ledger.againIn(this.drill.plan.id));
  }

  async leaveUnaudited(reason: string): Promise<void> {
    await this.stopWriting();
    for (const ledger of this.ledgers) await ledger.unread(reason);
    for (const ledger of this.kept) await ledger.unread(reason, ledger.againIn(this.drill.plan.id));
  }

  /**
   * Stops every look, journals the rest and removes the workload's own data. With `keep` they stay, and whoever is
   * handed the workloads removes them. Never rejects.
   */
  async stop(keep = false): Promise<readonly LedgerRunner[]> {
    await this.stopWriting();
    await this.metrics?.survey();
    this.looking.abort();
    for (const end of [...(await this.tasks), ...(await this.writers)]) {
      if (end.status === 'rejected')
        await this.recorder.note(this.drill.plan.id, `a watch broke down: ${messageOf(end.reason)}`);
    }
    await this.flush();
    for (const ledger of keep ? this.kept : [...this.ledgers, ...this.kept]) await ledger.remove();
    for (const probe of this.drill.probes) await probe.close?.().catch(() => undefined);
    await this.recorder.sync();
    return keep ? this.ledgers : [];
  }

  /** Probes share the time between two ticks, so that none waits until all others have begun. */
  private offsetMs(index: number): number {
    const intervalMs = this.drill.probes[index]?.intervalMs ?? 0;
    return (intervalMs * index) / this.drill.probes.length;
  }

  private async stopWriting(): Promise<void> {
    this.writing.abort();
    await this.writers;
    await this.flush();
  }

  private async flushing(): Promise<void> {
    while (!this.looking.signal.aborted) {
      await this.clock.sleep(FLUSH_EVERY_MS, this.looking.signal);
      await this.flush();
      await this.recorder.sync();
    }
  }

  private async flush(): Promise<void> {
    for (const source of [...this.probes, ...this.ledgers]) await source.flush();
  }
}
