import { messageOf } from '../core/errors.ts';
import type { Probe, Reading } from '../core/probe.ts';
import { HttpFailure, type HttpRequest, type HttpResponse, type World } from '../world/world.ts';

export interface HttpProbeOptions {
  readonly name: string;
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly user: boolean;
  /** Default: fresh. */
  readonly connection?: HttpRequest['connection'];
  readonly headers?: Readonly<Record<string, string>>;
  /** What an answer means. Default: its status alone. */
  readonly judge?: (response: HttpResponse) => Reading;
}

/** One GET a sample. */
export function httpProbe(world: Pick<World, 'http'>, options: HttpProbeOptions): Probe {
  const { name, url, intervalMs, timeoutMs, user, connection, headers, judge = readingOfStatus } = options;
  return {
    name,
    intervalMs,
    timeoutMs,
    user,
    target: `GET ${url}`,
    async sample(signal) {
      try {
        // The scheduler's own time limit aborts the signal: a second timer would only cost.
        return judge(await world.http.request({ url, headers, connection, signal }));
      } catch (error) {
        return readingOfFailure(error);
      }
    },
  };
}

/** 2xx is ok, 429 and other 4xx stand apart, 5xx is bad; anything else (1xx, 3xx) is no answer to what was asked. */
export function readingOfStatus(response: Pick<HttpResponse, 'status'>): Reading {
  const { status } = response;
  if (status >= 200 && status < 300) return { outcome: 'ok' };
  const detail = `status ${status}`;
  if (status === 429) return { outcome: 'http429', detail };
  if (status >= 400 && status < 500) return { outcome: 'http4xx', detail };
  if (status >= 500 && status < 600) return { outcome: 'http5xx', detail };
  return { outcome: 'protocol', detail };
}

/** There was no usable answer: the kind of failure is the outcome. An error of another kind is `protocol` with its message. */
export function readingOfFailure(error: unknown): Reading {
  return { outcome: error instanceof HttpFailure ? error.kind : 'protocol', detail: messageOf(error).slice(0, 200) };
}
