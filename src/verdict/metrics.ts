import type { ScrapeState } from '../core/alert.ts';
import { formatDuration } from '../core/duration.ts';
import type { RecordOf } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';
import { carries } from './alerts.ts';
import { seriesOf } from './looks.ts';
import { plural } from './text.ts';

/** Something about the metrics behind the alerts that is wrong by itself, whatever the alerts did. */
export interface MetricTrouble {
  readonly kind: 'series-missing' | 'target-down' | 'scrape-stale' | 'metric-frozen';
  readonly text: string;
  /** The rule that reads it, where it is one's own. */
  readonly rule: string | undefined;
  /** CLOCK_MONOTONIC in ms at which it was seen, and the journal's line. */
  readonly t: number;
  readonly seq: number;
}

/** A node that was stopped is missed for as long as it was down, and for so long after it is back. */
const RETURN_MS = 15_000;

/** Missing series, targets that are not scraped, and metrics that stand still while there is traffic; each target once a kind. */
export function metricTroubles(scenario: ScenarioView): readonly MetricTrouble[] {
  return [...missingSeries(scenario), ...badTargets(scenario)];
}

function missingSeries({ surveys, faults }: ScenarioView): readonly MetricTrouble[] {
  const faultMs = faults[0]?.requested?.t ?? Number.POSITIVE_INFINITY;
  const before = surveys.findLast((survey) => survey.t <= faultMs);
  const after = surveys.findLast((survey) => survey.t > faultMs);
  const read = (survey: RecordOf<'alert.surveyed'> | undefined, rule: string, selector: string) =>
    survey?.inputs.find((input) => input.rule === rule && input.selector === selector)?.series;
  const trouble = (survey: RecordOf<'alert.surveyed'>, rule: string, text: string): MetricTrouble => ({
    kind: 'series-missing',
    text,
    rule,
    t: survey.t,
    seq: survey.seq,
  });
  const missing = (before?.inputs ?? []).flatMap(({ rule, selector, series }) => {
    if (before === undefined || series > 0) return [];
    const own = before.inputs.filter((input) => input.rule === rule);
    const none = own.every((input) => input.series === 0) ? ': the rule has no data and cannot fire' : '';
    return [trouble(before, rule, `${rule} reads ${selector}, of which there was no series before the fault${none}`)];
  });
  const vanished = (after?.inputs ?? []).flatMap(({ rule, selector, series }) => {
    if (after === undefined || series > 0 || !((read(before, rule, selector) ?? 0) > 0)) return [];
    return [trouble(after, rule, `${rule} reads ${selector}, of which no series was left at the end of the drill`)];
  });
  return [...missing, ...vanished];
}

/** One bad look may be a scrape that failed on a busy machine; two in a row are not, and neither is the only one there was. */
function badTargets(scenario: ScenarioView): readonly MetricTrouble[] {
  const found = new Map<string, MetricTrouble>();
  for (const [index, look] of scenario.scrapes.entries()) {
    const before = scenario.scrapes[index - 1]?.targets ?? [];
    for (const target of look.targets) {
      const lasts = before.some((one) => isSame(one, target) && one.state === target.state);
      if (!lasts && scenario.scrapes.length > 1) continue;
      const trouble = judge(target, look, scenario);
      const key = JSON.stringify([trouble?.kind, target.job, target.instance]);
      if (trouble !== undefined && !found.has(key)) found.set(key, trouble);
    }
  }
  return [...found.values()];
}

function isSame(one: ScrapeState, other: ScrapeState): boolean {
  return one.job === other.job && one.instance === other.instance;
}

function judge(target: ScrapeState, look: RecordOf<'scrapes.seen'>, scenario: ScenarioView): MetricTrouble | undefined {
  const { state, labels, detail } = target;
  if (state === 'up' || state === 'unknown' || isAway(labels, look, scenario)) return undefined;
  const at = { rule: undefined, t: look.notAfter, seq: look.seq };
  const name = `${target.job} ${target.instance}${labels.node === undefined ? '' : ` (${labels.node})`}`;
  const when = whenText(look, scenario);
  if (state === 'stale') return { ...at, kind: 'scrape-stale', text: `${name} was scraped late ${when}: ${detail}` };
  if (state === 'down' || state === 'gone')
    return { ...at, kind: 'target-down', text: `${name} was not scraped ${when}: ${detail}` };
  const served = answersIn(look.notBefore - look.comparedMs, look.notBefore, scenario);
  if (served === 0) return undefined;
  const answers = plural(served, 'answered look or write', 'answered looks and writes');
  const ago = formatDuration(look.comparedMs);
  // Not "no series": what an exporter says of itself moves, and is not looked at.
  return {
    ...at,
    kind: 'metric-frozen',
    text: `${name} stood still ${when}: it is scraped, but no figure about the service is another than ${ago} before, in spite of ${answers}; look whether its exporter gives out old figures`,
  };
}

/** The stopped node's own metrics: that they are missed is what the drill is about. */
function isAway(labels: ScrapeState['labels'], look: RecordOf<'scrapes.seen'>, { faults }: ScenarioView): boolean {
  return faults.some(({ node, requested, undoSettled }) => {
    if (Object.keys(node.labels).length === 0 || !carries(labels, node.labels)) return false;
    const backMs = (undoSettled?.t ?? Number.POSITIVE_INFINITY) + RETURN_MS;
    return look.notAfter >= (requested?.t ?? Number.POSITIVE_INFINITY) && look.notBefore <= backMs;
  });
}

function whenText({ notAfter }: RecordOf<'scrapes.seen'>, { faults }: ScenarioView): string {
  const [first] = faults;
  if (first?.requested === undefined || notAfter < first.requested.t) return 'before the fault';
  const back = faults.map((fault) => fault.undoSettled?.t ?? Number.POSITIVE_INFINITY);
  return notAfter < Math.max(...back)
    ? `while ${faults.map(({ node }) => node.name).join(' and ')} ${faults.length === 1 ? 'was' : 'were'} down`
    : 'after the restore';
}

/** Good looks and acknowledged writes that were made in a time. */
function answersIn(fromMs: number, toMs: number, scenario: ScenarioView): number {
  const { probes, ledgers } = scenario.plan;
  const all = [
    ...probes.map((one) => seriesOf(scenario, { probe: one.name })),
    ...ledgers.map((one) => seriesOf(scenario, { ledger: one.name })),
  ];
  return all
    .flatMap((one) => one?.looks ?? [])
    .filter((look) => look.class === 'good' && look.startedAt >= fromMs && look.endedAt <= toMs).length;
}
