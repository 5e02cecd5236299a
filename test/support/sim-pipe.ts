import type { GuardLink, Leash } from '../../src/world/world.ts';
import type { ProcessEnd, SimProcess } from './sim-process.ts';

/** The pipe between the tool and its guard. What was written is read later, even after the writer's death. */
export class SimPipe {
  readonly ready: Promise<void>;
  private readonly tool: SimProcess;
  private readonly onRenewal: () => void;
  private guard: SimProcess | undefined;
  private sayReady = (): void => undefined;
  private sayClosed = (_why: 'dismissed' | 'gone'): void => undefined;
  private listeners: (() => void)[] = [];
  private readonly answerListeners: (() => void)[] = [];

  /** `onRenewal`: the tool has written one, read or not. */
  constructor(tool: SimProcess, onRenewal: () => void) {
    this.tool = tool;
    this.onRenewal = onRenewal;
    this.ready = new Promise((resolve) => {
      this.sayReady = resolve;
    });
  }

  attach(guard: SimProcess): void {
    this.guard = guard;
    void this.tool.ended.then(() => guard.input(() => this.sayClosed('gone')));
  }

  link(guard: SimProcess): GuardLink {
    const whileAlive = (act: () => void): void => {
      if (this.tool.isAlive()) guard.input(act);
    };
    return {
      ref: guard.ref,
      renew: () => {
        this.onRenewal();
        whileAlive(() => this.renewed());
      },
      onAnswer: (listener) => void this.answerListeners.push(listener),
      dismiss: () => whileAlive(() => this.sayClosed('dismissed')),
      ended: new Promise((resolve) => {
        void guard.ended.then((end) => this.tool.input(() => resolve(`the guard ended: ${endText(end)}`)));
      }),
    };
  }

  leash(): Leash {
    const ended = new Promise<'dismissed' | 'gone'>((resolve) => {
      this.sayClosed = resolve;
    });
    if (!this.tool.isAlive()) this.guard?.input(() => this.sayClosed('gone'));
    this.sayReady();
    return {
      onRenew: (listener) => {
        this.listeners.push(listener);
      },
      ended,
    };
  }

  private renewed(): void {
    for (const listener of this.listeners) listener();
    this.tool.input(() => {
      for (const listener of this.answerListeners) listener();
    });
  }
}

export function endText(end: ProcessEnd): string {
  if (end.how === 'exit') return `exit ${end.code}`;
  return end.how === 'signal' ? end.signal : String(end.error);
}
