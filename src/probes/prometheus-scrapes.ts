import type { ScrapeLook, ScrapeState, ScrapeTarget } from '../core/alert.ts';
import { parseDuration } from '../core/duration.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isoUtc, wallOf } from '../core/time.ts';
import { dataOf, labelsOf, nameOf, objectsOf, vectorOf } from './prometheus-json.ts';

/** Servers keep figures for up to 10 s before they make new ones. */
const LEAST_COMPARED_MS = 20_000;
const COMPARED_SCRAPES = 5;
/** A scrape that is a bit late is no news. */
const LATE_SCRAPES = 3;
/**
 * What Prometheus writes down of its own scrapes, and what an exporter says of itself: its runtime, process and scrapes. They
 * move as long as the exporter runs, while what it tells of the service may be a copy.
 */
const ABOUT_ITSELF = [
  'up',
  'scrape_.+',
  '(go|process|promhttp|python)_.+',
  '.+_exporter_.+',
  '.+_scrape_collector_.+',
  '.+_scrape_duration_seconds.*',
].join('|');
/** More targets than this are not looked at: nobody would read it. */
const MOST_TARGETS = 50;

/** A target as `/api/v1/targets` tells of it. */
interface Told extends ScrapeTarget {
  readonly labels: ScrapeState['labels'];
  readonly health: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly tookMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** Reads Prometheus: an API path without its first slash. */
export type Ask = (path: string) => Promise<unknown>;

/** How the scraping of targets goes: two requests side by side. Rejects when either cannot be read. */
export async function lookAtScrapes(
  ask: Ask,
  targets: readonly ScrapeTarget[],
  comparedMs: number,
): Promise<ScrapeLook> {
  const wanted = targets.slice(0, MOST_TARGETS);
  const jobs = [...new Set(wanted.map((target) => target.job))];
  const [list, still, time] = await Promise.all([
    ask('api/v1/targets?state=active'),
    jobs.length === 0 ? undefined : ask(`api/v1/query?query=${encodeURIComponent(frozenQuery(jobs, comparedMs))}`),
    ask('api/v1/query?query=time()'),
  ]);
  const serverMs = timeOf(time);
  const told = targetsOf(list);
  const frozen = still === undefined ? [] : vectorOf(still).map(({ labels }) => labels);
  return {
    serverAt: isoUtc(serverMs),
    comparedMs,
    targets: wanted.map((target): ScrapeState => {
      const seen = told.find((one) => isTarget(one, target));
      if (seen === undefined) return gone(target);
      const { job, instance, labels, lastScrape, tookMs, intervalMs } = seen;
      const stands = frozen.some((one) => one.job === job && one.instance === instance);
      return { job, instance, labels, ...judge(seen, serverMs, stands, comparedMs), lastScrape, tookMs, intervalMs };
    }),
  };
}

/** From `GET /api/v1/targets`. */
export function targetsOf(answer: unknown): readonly Told[] {
  return objectsOf(dataOf(answer, 'activeTargets'), 'Prometheus targets').map((target) => {
    const labels = labelsOf(target.labels, 'a target');
    return {
      job: nameOf(labels.job, 'the job of a target'),
      instance: nameOf(labels.instance, 'the instance of a target'),
      labels,
      health: textOf(target.health),
      lastError: textOf(target.lastError),
      lastScrape: scrapedAt(target),
      tookMs: typeof target.lastScrapeDuration === 'number' ? target.lastScrapeDuration * 1_000 : 0,
      intervalMs: parseDuration(textOf(target.scrapeInterval)) ?? 0,
      timeoutMs: parseDuration(textOf(target.scrapeTimeout)) ?? 0,
    };
  });
}

/** How far back values are compared: long enough for several scrapes of each target. */
export function comparedFor(answer: unknown, targets: readonly ScrapeTarget[]): number {
  const own = targetsOf(answer).filter((one) => targets.some((target) => isTarget(one, target)));
  return Math.max(LEAST_COMPARED_MS, ...own.map((one) => COMPARED_SCRAPES * one.intervalMs));
}

/** Targets that were scraped all the time, and none of whose series about the service, of which there are some, has another value than some time ago. */
function frozenQuery(jobs: readonly string[], comparedMs: number): string {
  const ago = `${Math.ceil(comparedMs / 1_000)}s`;
  const job = `job=~${JSON.stringify(jobs.map(literal).join('|'))}`;
  // Operators drop a metric's name, and series of one target would clash: as a label it stays. What is NaN never changes.
  const named = (offset: string) =>
    `label_replace({${job},__name__!~"${ABOUT_ITSELF}"}${offset},"gameday_name","$1","__name__","(.+)")`;
  const scraped = `min_over_time(up{${job}}[${ago}]) == 1 and up{${job}} offset ${ago} == 1`;
  const moved = `${named('')} - ${named(` offset ${ago}`)}`;
  return `count by (job,instance) (${scraped}) and count by (job,instance) (${moved}) unless count by (job,instance) (abs(${moved}) > 0)`;
}

function judge(
  { health, lastError, lastScrape, intervalMs, timeoutMs }: Told,
  serverMs: number,
  stands: boolean,
  comparedMs: number,
): Pick<ScrapeState, 'state' | 'detail'> {
  if (health !== 'up')
    return health === 'down'
      ? { state: 'down', detail: lastError }
      : { state: 'unknown', detail: 'it was not scraped yet' };
  const agoMs = serverMs - (wallOf(lastScrape) ?? serverMs);
  if (intervalMs > 0 && agoMs > LATE_SCRAPES * intervalMs + timeoutMs) {
    const seconds = Math.round(agoMs / 1_000);
    return { state: 'stale', detail: `the last scrape is ${seconds}s old, and one is due each ${intervalMs / 1_000}s` };
  }
  return stands
    ? {
        state: 'frozen',
        detail: `it is scraped, and no figure about the service has another value than ${comparedMs / 1_000}s before`,
      }
    : { state: 'up', detail: '' };
}

function gone({ job, instance }: ScrapeTarget): ScrapeState {
  const detail = 'Prometheus does not know it as a target';
  return { job, instance, labels: {}, state: 'gone', detail, lastScrape: '', tookMs: 0, intervalMs: 0 };
}

function isTarget(one: ScrapeTarget, other: ScrapeTarget): boolean {
  return one.job === other.job && one.instance === other.instance;
}

/** The year 1 stands for never. */
function scrapedAt({ lastScrape }: JsonObject): string {
  const text = textOf(lastScrape);
  return text.startsWith('0001-') ? '' : text;
}

function timeOf(answer: unknown): number {
  const data = isJsonObject(answer) && isJsonObject(answer.data) ? answer.data.result : undefined;
  const seconds = Array.isArray(data) ? Number(data[1]) : Number.NaN;
  if (!Number.isFinite(seconds)) throw new Error('Prometheus gave no time');
  return seconds * 1_000;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Text as a regular expression that matches nothing else. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}
