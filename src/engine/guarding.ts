import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import type { Clock, GuardLink } from '../world/world.ts';
import { DrillStopped } from './drill-run.ts';
import type { Recorder } from './recorder.ts';

const RENEW_EVERY_MS = 1_000;
/** Renewals in a row without an answer: counted and not timed, so that a tool that stood still does not blame its guard. */
const MOST_UNANSWERED = 10;
/** A guard that was dismissed ends within milliseconds; one that does not ends later, without looking. */
const LEAVE_MS = 1_000;

/** The tool's side of the guard: starts it, shows it each second that the tool lives, and says when it is lost. */
export class Guarding {
  private readonly startGuard: () => Promise<GuardLink>;
  private readonly clock: Clock;
  private readonly recorder: Recorder;
  private readonly over = new AbortController();
  private readonly loss = new AbortController();
  private link: GuardLink | undefined;

  constructor(startGuard: () => Promise<GuardLink>, clock: Clock, recorder: Recorder) {
    this.startGuard = startGuard;
    this.clock = clock;
    this.recorder = recorder;
  }

  /** Aborts when the guard ends and nobody has dismissed it; the reason is a DrillStopped. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** Resolves when the guard watches and the journal says so; with why the session is refused when it cannot be started. */
  async start(): Promise<GamedayError | undefined> {
    let link: GuardLink;
    try {
      link = await this.startGuard();
    } catch (error) {
      return refusedWithout(error);
    }
    this.link = link;
    void this.renew(link);
    void link.ended.then((why) => {
      this.lose(why);
      this.over.abort();
    });
    const { pid, startTime } = link.ref;
    await this.recorder.record({ type: 'guard.started', guard: { pid, startTime } });
    return undefined;
  }

  /** The journal is sealed: the guard is not needed any more. Never rejects. */
  async dismiss(): Promise<void> {
    if (this.link === undefined || this.over.signal.aborted) return;
    this.over.abort();
    this.link.dismiss();
    const enough = new AbortController();
    await Promise.race([this.link.ended, this.clock.sleep(LEAVE_MS, enough.signal)]);
    enough.abort();
  }

  /** A guard that stands still may wake up: until it has ended or is dismissed it is shown that we live, or it would end us. */
  private async renew(link: GuardLink): Promise<void> {
    let unanswered = 0;
    link.onAnswer(() => {
      unanswered = 0;
    });
    while (!this.over.signal.aborted) {
      if (unanswered >= MOST_UNANSWERED) this.lose(`it has not answered ${unanswered} renewals`);
      unanswered += 1;
      link.renew();
      await this.clock.sleep(RENEW_EVERY_MS, this.over.signal);
    }
  }

  private lose(why: string): void {
    if (this.over.signal.aborted || this.loss.signal.aborted) return;
    void this.recorder.attempt({ type: 'guard.lost', detail: why });
    this.loss.abort(new DrillStopped('error', `the guard ended early: ${why}`));
  }
}

function refusedWithout(error: unknown): GamedayError {
  const hint = error instanceof GamedayError ? error.hint : 'find out why, then run again';
  return new GamedayError({
    code: 'guard-not-started',
    message: `refused before the first fault, nothing was broken: ${messageOf(error)}`,
    hint,
    exitCode: EXIT.inconclusive,
  });
}
