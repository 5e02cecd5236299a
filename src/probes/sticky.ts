import type { Probe, Reading } from '../core/probe.ts';
import type { HttpResponse, World } from '../world/world.ts';
import { judgeApiHealth } from './api-health.ts';
import { readingOfFailure } from './http.ts';

/**
 * The balancer's cookie, as one browser keeps it for its pages and its sockets. A new value is only taken from an
 * answer to a request that carried the present one: of several first answers that race, one counts.
 */
export class StickyCookie {
  readonly name: string;
  private value: string | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** For the request header `cookie`; undefined before the first answer. */
  header(): string | undefined {
    return this.value === undefined ? undefined : `${this.name}=${this.value}`;
  }

  /** Goes on as the client that `other` belongs to. */
  become(other: StickyCookie): void {
    this.value = other.value;
  }

  /** `sent` is what `header` gave for the request, `setCookie` the answer's header (several joined by a comma). */
  adopt(sent: string | undefined, setCookie: string | undefined): void {
    if (setCookie === undefined || sent !== this.header()) return;
    for (const part of setCookie.split(',')) {
      const [pair = ''] = part.split(';');
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === this.name) this.value = pair.slice(equals + 1).trim();
    }
  }
}

/** Which backend answered, as the API says in `x-served-by`. */
export function servedBy(response: Pick<HttpResponse, 'headers'>): string | undefined {
  return response.headers['x-served-by'];
}

export interface StickyProbeOptions {
  readonly name: string;
  /** A URL of the API, through the balancer. */
  readonly url: string;
  readonly cookie: StickyCookie;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** What an answer means. Default: that of a health body. */
  readonly judge?: (response: HttpResponse) => Reading;
}

/** A user with the cookie. Fact: `backend`, who served. */
export function stickyProbe(world: Pick<World, 'http'>, options: StickyProbeOptions): Probe {
  const { name, url, cookie, intervalMs, timeoutMs, judge = judgeApiHealth } = options;
  return {
    name,
    intervalMs,
    timeoutMs,
    user: true,
    target: `GET ${url} with the cookie ${cookie.name}`,
    async sample(signal): Promise<Reading> {
      try {
        const response = await askSticky(world, url, cookie, timeoutMs, signal);
        const { facts: _, ...reading } = judge(response);
        const backend = servedBy(response);
        const isServed = response.status === 200 && reading.outcome !== 'protocol';
        return isServed && backend !== undefined ? { ...reading, facts: { backend } } : reading;
      } catch (error) {
        return readingOfFailure(error);
      }
    },
  };
}

/** One request with the cookie, which takes a new one from the answer. Rejects with HttpFailure. */
export async function askSticky(
  world: Pick<World, 'http'>,
  url: string,
  cookie: StickyCookie,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const sent = cookie.header();
  const headers: Record<string, string> = sent === undefined ? {} : { cookie: sent };
  const response = await world.http.request({ url, headers, timeoutMs, signal });
  cookie.adopt(sent, response.headers['set-cookie']);
  return response;
}
