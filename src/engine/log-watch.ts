import { messageOf } from '../core/errors.ts';
import type { NodeRef } from '../core/node.ts';
import { LogDeaf, type LogLine, type Platform } from '../core/platform.ts';
import { type LogExpectation, logToleranceMs } from '../core/scenario.ts';
import { isoUtc } from '../core/time.ts';
import type { Clock } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

const COUNT_EVERY_MS = 1_000;
const MAX_LINE = 300;

interface Match {
  readonly expectation: string;
  readonly node: string;
  /** By its own time it is from before the faults: it is journaled apart, and heard by nobody. */
  readonly old: boolean;
  line: string;
  writtenAt: number | undefined;
  readonly ownClock: boolean;
  count: number;
  said: boolean;
}

/** Follows the logs that should grow loud. Lines from before the faults are journaled too: a pattern that always matches proves nothing. */
export class LogWatch {
  private readonly platform: Platform | undefined;
  private readonly scenario: string;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly expectations: readonly { readonly of: LogExpectation; readonly pattern: RegExp }[];
  private readonly matches = new Map<string, Match>();
  /** Wall time at which the faults began. */
  private armedAt: number | undefined;

  constructor(
    platform: Platform | undefined,
    scenario: string,
    expectations: readonly LogExpectation[],
    clock: Clock,
    recorder: Recorder,
  ) {
    this.platform = platform;
    this.scenario = scenario;
    this.clock = clock;
    this.recorder = recorder;
    this.expectations = expectations.map((of) => ({ of, pattern: new RegExp(of.pattern) }));
  }

  /** The faults begin: what matched before is forgotten, so that the first line of the outage is journaled at once. */
  arm(): void {
    this.armedAt = this.clock.wall();
    this.matches.clear();
  }

  /** Expectations of which no line has matched since the faults began. */
  unheard(): readonly LogExpectation[] {
    if (this.armedAt === undefined) return this.expectations.map(({ of }) => of);
    const heard = new Set([...this.matches.values()].filter(({ old }) => !old).map((match) => match.expectation));
    return this.expectations.map(({ of }) => of).filter(({ name }) => !heard.has(name));
  }

  async run(signal: AbortSignal): Promise<void> {
    const nodes = new Set(this.expectations.flatMap(({ of }) => of.nodes));
    await Promise.all([...[...nodes].map((node) => this.follow(node, signal)), this.count(signal)]);
  }

  private async follow(name: string, signal: AbortSignal): Promise<void> {
    try {
      if (this.platform?.logs === undefined)
        throw new Error(`platform ${this.platform?.id ?? 'unknown'} cannot read logs`);
      const node: NodeRef = { name, platform: this.platform.id, labels: {} };
      for await (const line of this.platform.logs(node, signal)) await this.take(name, line);
      if (!signal.aborted) throw new Error('the log ended');
    } catch (error) {
      if (signal.aborted && !(error instanceof LogDeaf)) return;
      await this.recorder.attempt({
        type: 'log.unreadable',
        scenario: this.scenario,
        node: name,
        detail: this.recorder.clip(messageOf(error), MAX_LINE),
      });
    }
  }

  private async take(node: string, { text, writtenAt, ownClock = false }: LogLine): Promise<void> {
    const old = (writtenAt ?? Infinity) < (this.armedAt ?? -Infinity) - logToleranceMs({ ownClock });
    for (const { of, pattern } of this.expectations) {
      if (!of.nodes.includes(node) || !pattern.test(text)) continue;
      const key = JSON.stringify([of.name, node, old]);
      const none = { expectation: of.name, node, old, line: '', writtenAt, ownClock, count: 0, said: false };
      const match = this.matches.get(key) ?? none;
      this.matches.set(key, match);
      match.line = this.recorder.clip(text, MAX_LINE);
      match.writtenAt = writtenAt;
      match.count += 1;
      if (!match.said) {
        match.said = true;
        await this.say(match);
      }
    }
  }

  private async count(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.clock.sleep(COUNT_EVERY_MS, signal);
      for (const match of this.matches.values()) if (match.count > 0) await this.say(match);
    }
  }

  private async say(match: Match): Promise<void> {
    const { expectation, node, line, count, writtenAt, ownClock } = match;
    match.count = 0;
    await this.recorder.attempt({
      type: 'log.matched',
      scenario: this.scenario,
      expectation,
      node,
      count,
      line,
      ...(writtenAt === undefined ? {} : { writtenAt: isoUtc(writtenAt) }),
      ...(ownClock ? { ownClock } : {}),
    });
  }
}
