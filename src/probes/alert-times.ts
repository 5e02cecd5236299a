import { parseDuration } from '../core/duration.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { World } from '../world/world.ts';

/** What an alert waits for between the fault and whoever is told of it. All in ms. */
export interface AlertTimes {
  readonly name: string;
  /** Longest scrape interval of the targets that the rule is about; undefined where Prometheus does not say. */
  readonly scrapeMs: number | undefined;
  readonly evaluationMs: number;
  /** The rule's `for`. */
  readonly forMs: number;
}

/** `group_wait` of the routes: which one an alert takes is not looked at. */
export interface DeliveryTimes {
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface AlertingTimes {
  /** One a rule; an alert may have several. */
  readonly alerts: readonly AlertTimes[];
  readonly delivery: DeliveryTimes;
}

const GROUP_WAIT_MS = 30_000;
/** Nobody waits for a year. */
const MOST_SECONDS = 31_536_000;

/** Reads what runs, from Prometheus and Alertmanager. Rejects when either cannot be read or understood. */
export async function readAlertingTimes(
  world: Pick<World, 'http'>,
  urls: { readonly prometheusUrl: string; readonly alertmanagerUrl: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AlertingTimes> {
  const get = async (base: string, path: string): Promise<unknown> => {
    const url = `${base.replace(/\/+$/, '')}${path}`;
    const response = await world.http.request({ url, timeoutMs, signal });
    if (response.status !== 200) throw new Error(`${url}: status ${response.status}`);
    return JSON.parse(response.text());
  };
  const [rules, targets, status] = await Promise.all([
    get(urls.prometheusUrl, '/api/v1/rules?type=alert'),
    get(urls.prometheusUrl, '/api/v1/targets?state=active'),
    get(urls.alertmanagerUrl, '/api/v2/status'),
  ]);
  return { alerts: alertTimes(rules, scrapeIntervals(targets)), delivery: deliveryTimes(status) };
}

/** Scrape interval of each job, the longest where its targets differ; from `GET /api/v1/targets`. */
export function scrapeIntervals(answer: unknown): ReadonlyMap<string, number> {
  const intervals = new Map<string, number>();
  for (const { labels, scrapeInterval } of objects(dataOf(answer).activeTargets, 'targets')) {
    const ms = typeof scrapeInterval === 'string' ? parseDuration(scrapeInterval) : undefined;
    const job = isJsonObject(labels) && typeof labels.job === 'string' ? labels.job : undefined;
    // Older servers do not tell the interval.
    if (ms !== undefined && job !== undefined) intervals.set(job, Math.max(ms, intervals.get(job) ?? 0));
  }
  return intervals;
}

/** From `GET /api/v1/rules?type=alert`. A rule is about the jobs that its query names, or about all. */
export function alertTimes(answer: unknown, scrapes: ReadonlyMap<string, number>): readonly AlertTimes[] {
  return objects(dataOf(answer).groups, 'rule groups').flatMap((group) => {
    const evaluationMs = seconds(group.interval, 'a rule group without an interval');
    return objects(group.rules, 'rules').map(({ name, duration, query }) => {
      if (typeof name !== 'string' || name === '') throw new Error('a rule without a name');
      if (typeof query !== 'string') throw new Error(`${name} without a query`);
      const jobs = [...query.matchAll(/\bjob\s*=\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
      const named = jobs.flatMap((job) => scrapes.get(job) ?? []);
      const all = named.length > 0 ? named : [...scrapes.values()];
      return {
        name,
        scrapeMs: all.length === 0 ? undefined : Math.max(...all),
        evaluationMs,
        forMs: seconds(duration, `${name} without a duration`),
      };
    });
  });
}

/** From `GET /api/v2/status`, which holds the configuration as text: `group_wait` of the route and of those below it. */
export function deliveryTimes(answer: unknown): DeliveryTimes {
  const text = isJsonObject(answer) && isJsonObject(answer.config) ? answer.config.original : undefined;
  if (typeof text !== 'string') throw new Error('Alertmanager does not tell its configuration');
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  const start = lines.findIndex((line) => /^route:\s*$/.test(line));
  if (start === -1) throw new Error('the configuration of Alertmanager has no route');
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\S/.test(line));
  const route = end === -1 ? rest : rest.slice(0, end);
  const indent = Math.min(...route.map((line) => line.search(/\S/)));
  const waits = route.flatMap((line) => {
    const [, lead = '', value] = /^(\s*(?:-\s+)?)group_wait:\s*(\S+)/.exec(line) ?? [];
    if (value === undefined) return [];
    const ms = parseDuration(value.replace(/^["']|["']$/g, ''));
    if (ms === undefined) throw new Error(`group_wait ${value} is no duration`);
    return [{ root: lead.length === indent, ms }];
  });
  // A route that does not say takes that of the one above it, and the first one 30 s.
  const all = [...waits.map(({ ms }) => ms), ...(waits.some(({ root }) => root) ? [] : [GROUP_WAIT_MS])];
  return { leastMs: Math.min(...all), mostMs: Math.max(...all) };
}

function dataOf(answer: unknown): JsonObject {
  if (!isJsonObject(answer) || answer.status !== 'success' || !isJsonObject(answer.data))
    throw new Error('Prometheus gave no answer of its own');
  return answer.data;
}

function objects(value: unknown, what: string): readonly JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw new Error(`no list of ${what}`);
  return value;
}

function seconds(value: unknown, otherwise: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= MOST_SECONDS)) throw new Error(otherwise);
  return value * 1_000;
}
