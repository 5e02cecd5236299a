import type { AlertSource, AlertSurvey, ScrapeTarget, SurveyQuestion } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import { withDeadline } from '../world/await.ts';
import type { Clock } from '../world/world.ts';
import type { Recorder } from './recorder.ts';

const LOOK_EVERY_MS = 5_000;
const LOOK_DEADLINE_MS = 4_000;

/**
 * Looks at what the expected alerts are made of: their rules and the series these read, and how both are scraped. A source
 * that cannot tell is not asked. Nothing here decides a limit: it says which part of an alert's way was slow, or broken.
 */
export class MetricWatch {
  private readonly source: AlertSource;
  private readonly scenario: string;
  private readonly question: SurveyQuestion;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private targets: readonly ScrapeTarget[] | undefined;

  constructor(source: AlertSource, scenario: string, question: SurveyQuestion, clock: Clock, recorder: Recorder) {
    this.source = source;
    this.scenario = scenario;
    this.question = question;
    this.clock = clock;
    this.recorder = recorder;
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.source.scrapes === undefined) return;
    await this.ask();
    while (!signal.aborted) {
      await this.look();
      await this.clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Journals rules and series as they are now. Never rejects. */
  async survey(): Promise<void> {
    const seen = await this.ask();
    if (seen !== undefined) await this.recorder.attempt({ type: 'alert.surveyed', scenario: this.scenario, ...seen });
  }

  private async ask(): Promise<AlertSurvey | undefined> {
    const survey = this.source.survey?.bind(this.source);
    if (survey === undefined || this.question.rules.length === 0) return undefined;
    try {
      const seen = await this.within((signal) => survey(this.question, signal));
      // The same list, as long as it holds the same: the source remembers what it knows of it.
      if (JSON.stringify(seen.targets) !== JSON.stringify(this.targets)) this.targets = seen.targets;
      return seen;
    } catch (error) {
      await this.recorder.note(this.scenario, `what stands behind the alerts could not be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async look(): Promise<void> {
    const { scenario, targets } = this;
    const scrapes = this.source.scrapes?.bind(this.source);
    if (scrapes === undefined || targets === undefined || targets.length === 0) return;
    const notBefore = this.clock.now();
    try {
      const seen = await this.within((signal) => scrapes(targets, signal));
      const notAfter = this.clock.now();
      await this.recorder.attempt({ type: 'scrapes.seen', scenario, ...seen, notBefore, notAfter });
    } catch (error) {
      await this.recorder.note(scenario, `how metrics are scraped could not be read: ${messageOf(error)}`);
    }
  }

  private within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(this.clock, LOOK_DEADLINE_MS, undefined, work);
  }
}
