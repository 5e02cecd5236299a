import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { coverage } from '../coverage.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { type SeriesView, seriesOf } from '../looks.ts';
import {
  ParamError,
  readCount,
  readObjects,
  readSeries,
  readTexts,
  readWindow,
  type Series,
  type Window,
} from '../params.ts';
import { countText, plural, rateText } from '../text.ts';
import { resolveWindow } from '../windows.ts';

export type NoBadParams = {
  readonly series: readonly Series[];
  readonly window: Window;
  /** Fewer looks than this in the window, of each series, prove nothing. */
  readonly minSamples: number;
  /** What good looks must have said, each of these by each of the probes, while all nodes were down: sizes that were read. */
  readonly each?: { readonly probes: readonly string[]; readonly details: readonly string[] };
};

/**
 * Not one look that was not good in a window: a 429 counts too, because here nothing but good was promised. Another 4xx is
 * our own mistake: it fails nobody, and proves nothing.
 */
export const noBad = defineGate<NoBadParams>(
  'no-bad',
  (params) => ({
    series: readObjects(params, 'series').map(readSeries),
    window: readWindow(params.window),
    minSamples: readCount(params, 'minSamples', 1),
    ...(params.each === undefined ? {} : { each: readEach(params.each) }),
  }),
  judge,
);

function judge(params: NoBadParams, { scenario, journal }: ScenarioContext): GateResult {
  const limit = 'none';
  const resolved = resolveWindow(params.window, scenario, journal);
  if ('reason' in resolved) return inconclusive(resolved.reason, { limit });
  const { window } = resolved;
  const starved: string[] = [];
  const rates: string[] = [];
  const outcomes = new Map<string, number>();
  const evidence: Evidence[] = [];
  const edges: (Evidence | undefined)[] = [];
  let total = 0;
  let violations = 0;
  let refused = 0;
  let apartMs = 0;
  for (const wanted of params.series) {
    const series = seriesOf(scenario, wanted);
    if (series === undefined) return inconclusive('the plan has no such probe or ledger', { limit });
    const looks = series.looks.filter((look) => look.startedAt >= window.fromMs && look.startedAt <= window.toMs);
    total += looks.length;
    edges.push(looks[0], looks.at(-1));
    for (const look of looks) {
      // Nothing was asked: what it leaves open is a hole.
      if (look.class === 'good' || look.outcome === 'shortage') continue;
      if (look.outcome === 'http4xx') {
        refused += 1;
        continue;
      }
      violations += 1;
      outcomes.set(look.outcome, (outcomes.get(look.outcome) ?? 0) + 1);
      evidence.push(look);
    }
    const seen = coverage(looks, series.missed, { fromMs: window.coverFromMs, toMs: window.coverToMs });
    if (looks.length < params.minSamples)
      starved.push(`${series.name}: ${looks.length} of at least ${params.minSamples} looks`);
    else if (seen.largestHoleMs > quietMs(series)) {
      starved.push(`${series.name}: nobody looked for ${formatDuration(seen.largestHoleMs)}`);
    }
    rates.push(rateText(series));
    apartMs = Math.max(apartMs, seen.largestHoleMs);
  }
  const each = params.each === undefined ? undefined : saidEach(params.each, { scenario, journal });
  starved.push(...(each?.missing ?? []));
  if (refused > 0) starved.push(`gameday's own request was refused as 4xx ${plural(refused, 'time')}`);
  const status = violations > 0 ? 'FAIL' : starved.length > 0 ? 'INCONCLUSIVE' : 'PASS';
  const kinds = [...outcomes].map(([outcome, count]) => `${countText(count)} ${outcome}`).join(', ');
  return {
    status,
    measured:
      violations === 0 ? `0 of ${countText(total)}` : `${countText(violations)} of ${countText(total)} (${kinds})`,
    limit,
    uncertainty: [
      ...new Set(rates),
      `looks ${formatDuration(apartMs)} apart at most`,
      ...(each === undefined ? [] : [each.text]),
    ].join('; '),
    reason: [...(violations > 0 ? [`${plural(violations, 'look was', 'looks were')} not good`] : []), ...starved].join(
      '; ',
    ),
    value: violations,
    unit: 'count',
    // Where nothing was bad, the first and the last look show who looked from when to when.
    evidence: evidenceOf(...(violations > 0 ? evidence : edges)),
  };
}

function readEach(value: Json | undefined): NonNullable<NoBadParams['each']> {
  if (!isJsonObject(value)) throw new ParamError('each is no object');
  return { probes: readTexts(value, 'probes'), details: readTexts(value, 'details') };
}

/** How often each was said, and what was never said although it had to be. */
function saidEach(
  { probes, details }: NonNullable<NoBadParams['each']>,
  { scenario, journal }: ScenarioContext,
): { readonly text: string; readonly missing: readonly string[] } {
  const resolved = resolveWindow('all-down', scenario, journal);
  if ('reason' in resolved) return { text: 'not counted with all nodes down', missing: [resolved.reason] };
  const { fromMs, toMs } = resolved.window;
  const counts = details.map((detail) => ({ detail, count: 0 }));
  const missing: string[] = [];
  for (const probe of probes) {
    const looks = seriesOf(scenario, { probe })?.looks ?? [];
    const inside = looks.filter((look) => look.class === 'good' && look.startedAt >= fromMs && look.startedAt <= toMs);
    for (const one of counts) {
      const count = inside.filter(({ detail }) => detail === one.detail).length;
      one.count += count;
      if (count === 0) missing.push(`${probe}: no look at ${one.detail} was good with all nodes down`);
    }
  }
  return { text: counts.map(({ detail, count }) => `${detail}: ${countText(count)}`).join(', '), missing };
}

/** A busy machine starts a look late or misses a few. More than that, and a failure of its length was seen by nobody; from 2 s on we stood still. */
function quietMs({ intervalMs }: SeriesView): number {
  return Math.max(3 * intervalMs, 2_000);
}
