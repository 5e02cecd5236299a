import { formatDuration } from '../core/duration.ts';
import type { RecordOf } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';
import { type Labels, sameInstance } from './alerts.ts';
import type { Moment } from './faults.ts';
import { serverClock } from './server-clock.ts';

export const ALERT_PARTS = ['scrape', 'evaluation', 'for', 'delivery'] as const;
export type AlertPart = (typeof ALERT_PARTS)[number];

/**
 * Where the time from a fault to its alert went, in ms by the servers' own clocks; a part of which nothing is known is
 * undefined. No limit is judged by it.
 */
export interface AlertParts {
  /** Fault to the end of the scrape that the alert became active by. */
  readonly scrape: number | undefined;
  /** To the evaluation at which it became active. */
  readonly evaluation: number | undefined;
  /** To the evaluation at which it fired. */
  readonly for: number | undefined;
  /** To its arrival in Alertmanager, and the time that waits until it tells anybody (group_wait). */
  readonly delivery: number | undefined;
  readonly groupWaitMs: number;
  /** How often the target is scraped; undefined where that is not known. */
  readonly scrapedEachMs: number | undefined;
}

type Change = RecordOf<'alert.changed'>;

/** The parts of one alert's way: `held` is its first firing in Alertmanager. Undefined where no server was asked for its time. */
export function alertParts(held: Change, moment: Moment, scenario: ScenarioView): AlertParts | undefined {
  const clock = serverClock(scenario);
  if (clock === undefined) return undefined;
  // What lies outside of the bounds that we saw ourselves was told by a clock that is wrong.
  const within = (ms: number | undefined, fromMs: number, toMs: number) =>
    ms !== undefined && ms >= fromMs - clock.errorMs && ms <= toMs + clock.errorMs ? ms : undefined;
  const own = scenario.alerts.find(
    (one) =>
      one.where === 'prometheus' &&
      one.name === held.name &&
      one.to !== 'inactive' &&
      one.notAfter > moment.earliestMs &&
      sameInstance(one.labels, held.labels),
  );
  const faultMs = moment.earliestMs;
  const active = own && within(clock.monotonic(own.activeAt), faultMs, own.notAfter);
  const fired = within(clock.monotonic(held.activeAt), active ?? faultMs, held.notAfter);
  // Alertmanager may run on another host, with a clock of its own.
  const received = within(clock.monotonic(held.receivedAt), Math.max(held.notBefore, fired ?? 0), held.notAfter);
  const scrape = active === undefined ? undefined : scrapeBefore(active, own?.labels ?? {}, moment, scenario);
  const groupWaitMs = groupWaitOf(held, scenario);
  const between = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? undefined : Math.max(0, to - from);
  return {
    scrape: between(faultMs, scrape?.endedMs),
    evaluation: between(scrape?.endedMs, active),
    for: between(active, fired),
    delivery: fired === undefined ? undefined : Math.max(0, (received ?? held.notAfter) - fired) + groupWaitMs,
    groupWaitMs,
    scrapedEachMs: scrape?.eachMs,
  };
}

/** So long Alertmanager waits before it tells of a new group, for the receiver that waits longest. */
export function groupWaitOf({ receivers }: Pick<Change, 'receivers'>, { surveys }: ScenarioView): number {
  const waits = surveys.at(-1)?.groupWaits ?? [];
  return Math.max(0, ...waits.flatMap((one) => (receivers?.includes(one.receiver) === true ? [one.waitMs] : [])));
}

/** `scrape 800ms, evaluation 600ms, for 5s, delivery 100ms; longest: for`. */
export function partsText(parts: AlertParts): string {
  const list = ALERT_PARTS.map((part) => {
    const ms = parts[part];
    return `${part} ${ms === undefined ? 'not known' : formatDuration(ms)}${remarkOn(part, parts)}`;
  });
  const longest = longestPart(parts);
  return `${list.join(', ')}${longest === undefined ? '' : `; longest: ${longest}`}`;
}

/** The part to shorten first; undefined where nothing is known of any. */
export function longestPart(parts: AlertParts): AlertPart | undefined {
  const known = ALERT_PARTS.filter((part) => parts[part] !== undefined);
  return known.sort((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0))[0];
}

function remarkOn(part: AlertPart, { scrape, scrapedEachMs, groupWaitMs }: AlertParts): string {
  if (part === 'delivery' && groupWaitMs > 0) return ` (group_wait ${formatDuration(groupWaitMs)})`;
  // The next scrape is due within one interval, and may itself take most of one.
  const late = scrape !== undefined && scrapedEachMs !== undefined && scrapedEachMs > 0 && scrape > 2 * scrapedEachMs;
  if (part !== 'scrape' || !late) return '';
  return ` (scraped each ${formatDuration(scrapedEachMs)}: what it shows changed late)`;
}

/** Scrapes of a target begin one interval after the other: the last one that had ended by then, after the fault. */
function scrapeBefore(
  activeMs: number,
  labels: Labels,
  moment: Moment,
  scenario: ScenarioView,
): { readonly endedMs: number; readonly eachMs: number } | undefined {
  const clock = serverClock(scenario);
  const seen = scenario.scrapes.flatMap((look) =>
    look.targets.flatMap((target) => {
      const isOwn = target.job === labels.job && target.instance === labels.instance;
      const startedMs = isOwn ? clock?.monotonic(target.lastScrape) : undefined;
      return startedMs === undefined || target.intervalMs <= 0 ? [] : [{ ...target, startedMs, at: look.notBefore }];
    }),
  );
  // How long a scrape takes may have changed with the fault.
  const known = seen.find((one) => one.at >= activeMs) ?? seen.at(-1);
  if (known === undefined) return undefined;
  const { startedMs, tookMs, intervalMs } = known;
  const ended = startedMs + tookMs;
  const endedMs = ended - Math.ceil((ended - activeMs) / intervalMs) * intervalMs;
  return endedMs < moment.earliestMs ? undefined : { endedMs, eachMs: intervalMs };
}
