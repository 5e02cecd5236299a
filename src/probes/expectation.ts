import { isJsonObject } from '../core/json.ts';
import type { Reading } from '../core/probe.ts';
import type { HttpResponse } from '../world/world.ts';
import { readingOfStatus } from './http.ts';

/** What a good answer looks like. What is absent is not asked for. */
export interface Expectation {
  /** Every status that is good; any 2xx when absent. */
  readonly status?: readonly number[];
  /** A text that stands in the body. */
  readonly text?: string;
  /** Values in a JSON body by their path: `{ 'status': 'healthy', 'queue.depth': 0 }`. With it, a body that is no JSON is bad. */
  readonly json?: Readonly<Record<string, string | number | boolean | null>>;
}

const LONGEST_SHOWN = 40;

/**
 * Judges an answer by what was expected. One whose status is good and whose body is not is `protocol`: an error page
 * with status 200 serves nobody.
 */
export function judgeExpectation(response: HttpResponse, expected: Expectation): Reading {
  const { status } = response;
  if (!(expected.status?.includes(status) ?? readingOfStatus(response).outcome === 'ok')) {
    const reading = readingOfStatus(response);
    const wanted = expected.status?.join(' or ') ?? '2xx';
    return reading.outcome === 'ok' ? { outcome: 'protocol', detail: `status ${status}, not ${wanted}` } : reading;
  }
  const flaw = flawOf(response.text(), expected);
  return flaw === undefined ? { outcome: 'ok' } : { outcome: 'protocol', detail: `status ${status}, yet ${flaw}` };
}

function flawOf(body: string, { text, json }: Expectation): string | undefined {
  if (text !== undefined && !body.includes(text)) return 'the expected text is missing';
  if (json === undefined) return undefined;
  const value = parsed(body);
  if (value === undefined) return 'the body is no JSON';
  for (const [path, wanted] of Object.entries(json)) {
    const found = path
      .split('.')
      .reduce<unknown>((inside, key) => (isJsonObject(inside) ? inside[key] : undefined), value);
    if (found !== wanted) return `${path} is ${(JSON.stringify(found) ?? 'missing').slice(0, LONGEST_SHOWN)}`;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: said by the caller.
    return undefined;
  }
}
