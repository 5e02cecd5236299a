import { messageOf } from '../core/errors.ts';
import type { Facts, Probe, Reading } from '../core/probe.ts';
import type { Samples } from '../journal/events.ts';
import { DeadlineError, withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';
import { Batch, MissedBatch } from './batch.ts';
import { FactTracker } from './facts.ts';
import { openLoop } from './open-loop.ts';
import type { Pulse } from './pulse.ts';
import type { Recorder } from './recorder.ts';
import type { Wakefulness } from './wakefulness.ts';

/** More looks than this at one thing never overlap: in a hang at 100 Hz with a 2 s limit there are 200. */
const MAX_IN_FLIGHT = 256;
const MAX_DETAIL = 200;

/** Runs one probe on its schedule until stopped, and journals what it saw. */
export class ProbeRunner {
  private readonly probe: Probe;
  private readonly scenario: string;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly pulse: Pulse;
  private readonly wakefulness: Wakefulness;
  private readonly facts = new FactTracker();
  private readonly samples: Batch<Samples['items'][number]>;
  private readonly missed: MissedBatch;

  constructor(
    probe: Probe,
    scenario: string,
    clock: Clock,
    recorder: Recorder,
    pulse: Pulse,
    wakefulness: Wakefulness,
  ) {
    this.probe = probe;
    this.scenario = scenario;
    this.clock = clock;
    this.recorder = recorder;
    this.pulse = pulse;
    this.wakefulness = wakefulness;
    this.samples = new Batch((items) => ({ type: 'samples', scenario, probe: probe.name, items }));
    this.missed = new MissedBatch(scenario, probe.name);
    pulse.expect(probe.name, probe.user);
  }

  /** Begins after `offsetMs`. Resolves after the signal has aborted and the last look has ended. */
  async run(signal: AbortSignal, offsetMs = 0): Promise<void> {
    const watching = this.watch(signal);
    await openLoop({
      clock: this.clock,
      intervalMs: this.probe.intervalMs,
      offsetMs,
      maxInFlight: MAX_IN_FLIGHT,
      signal,
      tick: (scheduledAt) => this.look(scheduledAt, signal),
      missed: (scheduledAt, reason) => this.missed.add(scheduledAt, reason),
    });
    await watching;
  }

  async flush(): Promise<void> {
    await this.samples.flush(this.recorder);
    await this.missed.flush(this.recorder);
  }

  private async look(scheduledAt: number, stop: AbortSignal): Promise<void> {
    const startedAt = this.clock.now();
    const reading = await this.read(stop);
    const endedAt = this.clock.now();
    // A look that our own stopping cut short says nothing about the service.
    if (reading === undefined) return;
    const late =
      endedAt - startedAt > this.probe.timeoutMs && (reading.outcome === 'ok' || reading.outcome === 'degraded');
    const outcome = late ? 'late' : reading.outcome;
    if ((outcome === 'late' || outcome === 'timeout') && this.wakefulness.wasOurs(startedAt, this.probe.timeoutMs)) {
      this.missed.add(scheduledAt, 'stood-still');
      return;
    }
    const detail = reading.detail && this.recorder.clip(reading.detail, MAX_DETAIL);
    this.samples.add(
      detail === undefined
        ? [scheduledAt, startedAt, endedAt, outcome]
        : [scheduledAt, startedAt, endedAt, outcome, detail],
    );
    this.pulse.sample(this.probe.name, outcome, detail, startedAt);
    if (reading.facts === undefined) return;
    this.take(reading.facts, startedAt, endedAt);
    this.pulse.facts(this.probe.name, reading.facts, startedAt);
  }

  private async read(stop: AbortSignal): Promise<Reading | undefined> {
    try {
      return await withDeadline(this.clock, this.probe.timeoutMs, stop, (signal) => this.probe.sample(signal));
    } catch (error) {
      if (stop.aborted) return undefined;
      if (error instanceof DeadlineError)
        return { outcome: 'timeout', detail: `no answer in ${this.probe.timeoutMs}ms` };
      return { outcome: 'protocol', detail: messageOf(error) };
    }
  }

  private take(facts: Facts, startedAt: number, endedAt: number): void {
    for (const change of this.facts.observe(facts, startedAt, endedAt)) {
      void this.recorder.attempt({ type: 'observation', scenario: this.scenario, probe: this.probe.name, ...change });
    }
  }

  private async watch(signal: AbortSignal): Promise<void> {
    if (this.probe.watch === undefined) return;
    try {
      await this.probe.watch((facts) => {
        const now = this.clock.now();
        this.take(facts, now, now);
      }, signal);
    } catch (error) {
      if (!signal.aborted)
        await this.recorder.note(this.scenario, `${this.probe.name}: the subscription ended: ${messageOf(error)}`);
    }
  }
}
