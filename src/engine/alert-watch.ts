import type { AlertPoll, AlertSource, AlertState } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import { withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';
import type { Recorder } from './recorder.ts';
import type { Wakefulness } from './wakefulness.ts';

const POLL_EVERY_MS = 1_000;
/** More than a source gives each of its servers: whoever did not answer is named by then. */
const POLL_DEADLINE_MS = 3_500;
/** One lost poll, or two, are a busy machine. */
const BLIND_POLLS = 3;

/** Polls the alerts once a second, journals each change with the bounds of our own polls, and answers what is active now. */
export class AlertWatch {
  private readonly source: AlertSource;
  private readonly scenario: string;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly wakefulness: Wakefulness;
  private readonly baselineKeys = new Set<string>();
  private readonly active = new Map<string, AlertState>();
  private reachable: boolean | undefined;
  private lastStart: number | undefined;
  private begunAt: number | undefined;
  /** Polls without an answer since the last one with one. */
  private failedPolls = 0;
  /** When the last poll began that was lost, whoever lost it. */
  private lastLost: number | undefined;
  private hindrance = '';

  constructor(source: AlertSource, scenario: string, clock: Clock, recorder: Recorder, wakefulness: Wakefulness) {
    this.source = source;
    this.scenario = scenario;
    this.clock = clock;
    this.recorder = recorder;
    this.wakefulness = wakefulness;
  }

  /** The last look was answered. */
  get isReachable(): boolean {
    return this.reachable === true;
  }

  /** What hindered the last look; empty when nothing did. */
  get problem(): string {
    return this.hindrance;
  }

  /** Some poll was answered. */
  get wasRead(): boolean {
    return this.lastStart !== undefined;
  }

  /**
   * For how long nothing could be read, and why; undefined while it is not proven. A time in which we stood still ourselves
   * is not the servers', and neither is a poll that we slept through.
   */
  blind(): { readonly ms: number; readonly why: string } | undefined {
    const since = this.lastStart ?? this.begunAt;
    if (since === undefined || this.failedPolls < BLIND_POLLS) return undefined;
    return { ms: this.clock.now() - since - this.wakefulness.stoodStillMs(since), why: this.problem };
  }

  /**
   * For how long nothing was read, whoever's fault that is; undefined until a poll is lost that began `after` ms into that
   * time: whoever wakes up gets to ask first.
   */
  unreadMs(after: number): number | undefined {
    const since = this.lastStart ?? this.begunAt;
    if (since === undefined || this.lastLost === undefined || this.lastLost - since < after) return undefined;
    return this.clock.now() - since;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.begunAt = this.clock.now();
    while (!signal.aborted) {
      const startedAt = this.clock.now();
      await this.poll(startedAt);
      await this.clock.sleep(Math.max(0, startedAt + POLL_EVERY_MS - this.clock.now()), signal);
    }
  }

  /**
   * Journals what was active right before the fault, and which rules exist; asked again, the last answer holds. False, and
   * silent, when the servers cannot be read: then nothing vouches.
   */
  async baseline(): Promise<boolean> {
    try {
      const rules = await withDeadline(this.clock, POLL_DEADLINE_MS, undefined, (signal) => this.source.rules(signal));
      const { alerts } = await withDeadline(this.clock, POLL_DEADLINE_MS, undefined, (signal) =>
        this.source.poll(signal),
      );
      this.baselineKeys.clear();
      for (const alert of alerts) this.baselineKeys.add(keyOf(alert));
      await this.recorder.attempt({ type: 'alert.baseline', scenario: this.scenario, active: alerts, rules });
      return true;
    } catch (error) {
      await this.say(false, messageOf(error));
      return false;
    }
  }

  activeNow(): readonly AlertState[] {
    return [...this.active.values()];
  }

  /** Alerts that became active since the baseline and still are: `PostgresNodeDown (pg-1) firing in prometheus and alertmanager`. */
  lingering(): readonly string[] {
    const places = new Map<string, string[]>();
    for (const [key, { name, labels, state, where }] of this.active) {
      if (this.baselineKeys.has(key)) continue;
      const text = `${name} (${labels.node ?? textOf(labels)}) ${state}`;
      places.set(text, [...(places.get(text) ?? []), where]);
    }
    return [...places].map(([text, where]) => `${text} in ${where.join(' and ')}`);
  }

  private async poll(startedAt: number): Promise<void> {
    let seen: AlertPoll;
    try {
      seen = await withDeadline(this.clock, POLL_DEADLINE_MS, undefined, (signal) => this.source.poll(signal));
    } catch (error) {
      this.lastLost = startedAt;
      if (!this.wakefulness.wasOurs(startedAt, POLL_DEADLINE_MS)) this.failedPolls += 1;
      await this.say(false, messageOf(error));
      return;
    }
    const endedAt = this.clock.now();
    this.failedPolls = 0;
    await this.say(true, this.source.target);
    const now = new Map(seen.alerts.map((alert) => [keyOf(alert), alert]));
    const notBefore = this.lastStart ?? startedAt;
    for (const [key, alert] of now) {
      const before = this.active.get(key);
      if (before?.state === alert.state) continue;
      this.active.set(key, alert);
      await this.changed(alert, before?.state ?? 'inactive', alert.state, notBefore, endedAt);
    }
    for (const [key, alert] of this.active) {
      if (now.has(key)) continue;
      this.active.delete(key);
      await this.changed(alert, alert.state, 'inactive', notBefore, endedAt);
    }
    this.lastStart = startedAt;
  }

  private async changed(
    alert: AlertState,
    from: AlertState['state'] | 'inactive',
    to: AlertState['state'] | 'inactive',
    notBefore: number,
    notAfter: number,
  ): Promise<void> {
    const { name, labels, where, activeAt, receivedAt, receivers, suppressedBy } = alert;
    await this.recorder.attempt({
      type: 'alert.changed',
      scenario: this.scenario,
      name,
      labels,
      where,
      from,
      to,
      notBefore,
      notAfter,
      activeAt,
      // What is over is sent to nobody and held back from nobody.
      ...(to === 'inactive' ? {} : { receivedAt, receivers, suppressedBy }),
    });
  }

  private async say(reachable: boolean, detail: string): Promise<void> {
    this.hindrance = reachable ? '' : detail;
    if (this.reachable === reachable) return;
    this.reachable = reachable;
    await this.recorder.attempt({ type: 'alert.reachability', scenario: this.scenario, reachable, detail });
  }
}

/** True where the alert carries every wanted label with its value. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function keyOf(alert: AlertState): string {
  return `${alert.where} ${alert.name} ${textOf(alert.labels)}`;
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return `{${Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labels[name]}"`)
    .join(', ')}}`;
}
