import { textOf, within } from './limits.ts';
import type { Log } from './log.ts';

export type Status = 'healthy' | 'degraded' | 'unhealthy';

/** What is known about one dependency. Times are in ms. */
export interface ComponentState {
  readonly status: Status;
  readonly message: string;
  readonly responseTimeMs: number;
}

export interface ComponentOptions {
  /** What it is to this service: `messages`. */
  readonly name: string;
  /** What stands behind it: `rabbitmq`. */
  readonly server: string;
  /** After this time without an answer the dependency counts as out. */
  readonly limitMs: number;
  readonly log: Log;
  /** Looks at the dependency and says how it is; a rejection means that it is out. */
  readonly check: () => Promise<{ readonly status: 'healthy' | 'degraded'; readonly message: string }>;
}

const CHECK_EVERY_MS = 1000;
/** However many requests fail: no more than ten looks a second. */
const SUSPECT_AFTER_MS = 100;
/** About each 5 s: half a check less, because a check that comes a moment early would otherwise put it off by one. */
const REPEAT_LOG_AFTER_MS = 4500;

/**
 * Keeps the state of one dependency by looking at it each second in the background, so that health answers cost
 * nothing and never wait for anybody. Each change is logged at once, and a trouble that lasts again every 5 s.
 */
export class Component {
  readonly name: string;
  readonly #options: ComponentOptions;
  /** Nobody has looked yet, and what was not seen is not healthy. */
  #state: ComponentState = { status: 'unhealthy', message: 'not checked yet', responseTimeMs: 0 };
  #checked = false;
  #loggedAt = 0;
  #lookedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: ComponentOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): ComponentState {
    return this.#state;
  }

  /** Resolves after the first look. */
  start(): Promise<void> {
    return this.#look();
  }

  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Somebody met an error while using the dependency: look now instead of up to a second later. */
  suspect(): void {
    if (this.#state.status === 'unhealthy' || this.#running !== undefined || this.#closed) return;
    if (performance.now() - this.#lookedAt < SUSPECT_AFTER_MS) return;
    clearTimeout(this.#timer);
    void this.#look();
  }

  #look(): Promise<void> {
    this.#running = this.#check().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #check(): Promise<void> {
    const started = performance.now();
    const next = await this.#ask();
    if (this.#closed) return;
    this.#lookedAt = performance.now();
    const tookMs = this.#lookedAt - started;
    this.#become({ ...next, responseTimeMs: Math.round(tookMs * 10) / 10 });
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, CHECK_EVERY_MS - tookMs));
  }

  async #ask(): Promise<{ status: Status; message: string }> {
    try {
      return await within(this.#options.limitMs, 'check', this.#options.check());
    } catch (error) {
      return { status: 'unhealthy', message: textOf(error) };
    }
  }

  #become(next: ComponentState): void {
    const before = this.#checked ? this.#state.status : 'healthy';
    const changed = before !== next.status;
    this.#checked = true;
    this.#state = next;
    const { name, server, log } = this.#options;
    const now = performance.now();
    if (next.status === 'healthy') {
      if (changed) log.info(name, `${name} (${server}) is back`);
    } else if (changed || now - this.#loggedAt >= REPEAT_LOG_AFTER_MS) {
      this.#loggedAt = now;
      const word = next.status === 'unhealthy' ? 'unavailable' : 'degraded';
      log.error(name, `${name} (${server}) ${word}: ${next.message}`);
    }
  }
}
