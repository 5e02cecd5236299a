import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type Facts, HEALTHY, type Reading } from '../core/probe.ts';
import type { HttpResponse } from '../world/world.ts';
import { readingOfStatus } from './http.ts';

/**
 * Reads an answer of `GET /api/v1/health`: `{"status":"healthy|degraded|unhealthy","components":{"database":{"status"}}}`.
 * Facts are `status` and one a component. Who served is no fact: it changes with every request. A 2xx without such a
 * body (an HTML page of something in between, another service that says `{"status":"healthy"}` of itself) is `protocol`:
 * nobody said that the API is well.
 */
export function judgeApiHealth(response: HttpResponse): Reading {
  const byStatus = readingOfStatus(response);
  const body = healthBody(response);
  const status = body?.status;
  const none = (what: string): Reading =>
    byStatus.outcome === 'ok' ? { outcome: 'protocol', detail: `status ${response.status} without ${what}` } : byStatus;
  if (body === undefined || typeof status !== 'string') return none('a health body');
  const facts = factsOf(status, body);
  if (Object.keys(facts).length === 1) return none('components in its health body');
  const troubled = Object.entries(facts).filter(([key, value]) => key !== 'status' && value !== HEALTHY);
  const detail = [byStatus.detail ?? status, ...troubled.map(([key, value]) => `${key} ${value}`)].join(', ');
  if (byStatus.outcome !== 'ok') return { outcome: byStatus.outcome, detail, facts };
  if (status === HEALTHY) return { outcome: 'ok', facts };
  if (status === 'degraded') return { outcome: 'degraded', detail, facts };
  return { outcome: 'protocol', detail: `status ${response.status}, yet the body says ${status.slice(0, 40)}`, facts };
}

function healthBody(response: HttpResponse): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(response.text());
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON: the caller says what that means for this status.
    return undefined;
  }
}

function factsOf(status: string, body: JsonObject): Facts {
  const facts: Record<string, string> = { status };
  if (!isJsonObject(body.components)) return facts;
  for (const [name, component] of Object.entries(body.components)) {
    if (name !== 'status' && isJsonObject(component) && typeof component.status === 'string')
      facts[name] = component.status;
  }
  return facts;
}
