import type { GuardLink } from '../../src/world/world.ts';

/** The tool's end of a line to a guard that only counts, and ends when it is dismissed or when a test says so. */
export class SimGuardLink implements GuardLink {
  readonly ref = { pid: 4_343, startTime: '2000' };
  readonly ended: Promise<string>;
  renewals = 0;
  dismissals = 0;
  /** It stands still: it does not answer any more. */
  isMute = false;
  private answer = (): void => undefined;
  private sayEnded = (_why: string): void => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.sayEnded = resolve;
    });
  }

  renew(): void {
    this.renewals += 1;
    if (!this.isMute) this.answer();
  }

  onAnswer(listener: () => void): void {
    this.answer = listener;
  }

  dismiss(): void {
    this.dismissals += 1;
    this.sayEnded('dismissed');
  }

  /** Its process ends by itself. */
  die(why: string): void {
    this.sayEnded(why);
  }
}
