import { DrillStopped } from './drill-run.ts';

/** Somebody asks for the drill's end: restore at once, and begin no other. The first one who asks is heard. */
export class AbortRequest {
  private readonly controller = new AbortController();
  private asked: string | undefined;

  /** Aborts with a DrillStopped as its reason. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why, for people; undefined while nobody has asked. */
  get reason(): string | undefined {
    return this.asked;
  }

  ask(reason: string): void {
    if (this.asked !== undefined) return;
    this.asked = reason;
    this.controller.abort(new DrillStopped('aborted', reason));
  }
}
