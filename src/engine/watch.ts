import type { AlertSource } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill } from '../core/scenario.ts';
import type { Clock } from '../world/world.ts';
import { AlertWatch } from './alert-watch.ts';
import { LedgerRunner } from './ledger-runner.ts';
import { LogWatch } from './log-watch.ts';
import { ProbeRunner } from './probe-runner.ts';
import { Pulse } from './pulse.ts';
import type { Recorder } from './recorder.ts';

const FLUSH_EVERY_MS = 500;

/** Everything that looks while a drill runs: probes, ledgers, alerts, logs. Started before the steady phase, stopped after verify. */
export class Watch {
  readonly pulse = new Pulse();
  readonly alerts: AlertWatch | undefined;
  private readonly probes: readonly ProbeRunner[];
  private readonly ledgers: readonly LedgerRunner[];
  /** Workloads of the strike before this one, still in place: what was promised then must outlive both. */
  private readonly kept: readonly LedgerRunner[];
  readonly logs: LogWatch;
  private readonly drill: Drill;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly looking = new AbortController();
  private readonly writing = new AbortController();
  private tasks: Promise<readonly PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  private writers: Promise<readonly PromiseSettledResult<unknown>[]> = Promise.resolve([]);

  constructor(
    drill: Drill,
    platforms: ReadonlyMap<string, Platform>,
    source: AlertSource | undefined,
    clock: Clock,
    recorder: Recorder,
    kept: readonly LedgerRunner[] = [],
  ) {
    const { id, logs } = drill.plan;
    this.kept = kept;
    this.drill = drill;
    this.clock = clock;
    this.recorder = recorder;
    this.alerts = source === undefined ? undefined : new AlertWatch(source, id, clock, recorder);
    this.probes = drill.probes.map((probe) => new ProbeRunner(probe, id, clock, recorder, this.pulse));
    this.ledgers = drill.ledgers.map((ledger) => new LedgerRunner(ledger, id, clock, recorder, this.pulse));
    this.logs = new LogWatch(platforms.get(drill.plan.nodes[0]?.platform ?? ''), id, logs, clock, recorder);
  }

  /** Rejects when a ledger cannot create its namespace; `remove` cleans up what was created. */
  async start(signal: AbortSignal): Promise<void> {
    for (const ledger of this.ledgers) await ledger.open(signal);
    this.writers = Promise.allSettled(this.ledgers.map((ledger) => ledger.run(this.writing.signal)));
    this.tasks = Promise.allSettled([
      ...this.probes.map((probe) => probe.run(this.looking.signal)),
      this.alerts?.run(this.looking.signal),
      this.logs.run(this.looking.signal),
      this.flushing(),
    ]);
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

  private async stopWriting(): Promise<void> {
    this.writing.abort();
    await this.writers;
    await this.flush();
  }

  private async flushing(): Promise<void> {
    let lastSync = this.clock.now();
    while (!this.looking.signal.aborted) {
      await this.clock.sleep(FLUSH_EVERY_MS, this.looking.signal);
      await this.flush();
      if (this.clock.now() - lastSync >= 1_000) {
        lastSync = this.clock.now();
        await this.recorder.sync();
      }
    }
  }

  private async flush(): Promise<void> {
    for (const source of [...this.probes, ...this.ledgers]) await source.flush();
  }
}
