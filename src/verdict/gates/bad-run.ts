import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { mayBeAsked, type ScenarioView } from '../../journal/view.ts';
import { coverage } from '../coverage.ts';
import { cutShortProblem } from '../cut-short.ts';
import { defineGate, evidenceOf, inconclusive, type SessionContext } from '../gate.ts';
import { type Interval, judgeInterval, measuredText, rangeText, underText } from '../intervals.ts';
import { type SeriesView, seriesOf } from '../looks.ts';
import { findOutages, lengthOf, longestOf, mayTouch, SUSTAIN } from '../outages.ts';
import { readNumber } from '../params.ts';
import { countText, rateText } from '../text.ts';

export type BadRunParams = { readonly limitMs: number };

/** At whatever users use, in every drill, no run of bad looks is as long as the limit. */
export const badRun = defineGate<BadRunParams, SessionContext>(
  'bad-run',
  (params) => ({ limitMs: readNumber(params, 'limitMs') }),
  judge,
);

function judge({ limitMs }: BadRunParams, { journal }: SessionContext): GateResult {
  const limit = underText(limitMs);
  const lengths: Interval[] = [];
  const evidence: Evidence[] = [];
  const edges: (Evidence | undefined)[] = [];
  const problems: string[] = [];
  const perDrill: string[] = [];
  const rates = new Set<string>();
  /** The longest run that would have fitted between two looks, so that nobody saw it. */
  let unseenMs = 0;
  /** Where a run as long as the limit may have been. */
  const hidden: string[] = [];
  let watched = 0;
  for (const scenario of journal.scenarios.filter((one) => one.faults.some(mayBeAsked))) {
    const users = userSeries(scenario);
    if (users.length === 0) problems.push(`${scenario.plan.id} watched nothing that users use`);
    const cut = cutShortProblem(scenario, journal);
    if (cut !== undefined) problems.push(`${scenario.plan.id}: ${cut}`);
    watched += users.length;
    // What was over before the first stop is not the fault's doing.
    const struckAt = scenario.faults[0]?.requested?.t ?? -Infinity;
    const own: Interval[] = [];
    for (const series of users) {
      const runs = findOutages(series.looks, SUSTAIN).filter((run) => mayTouch(run, struckAt, Infinity));
      own.push(...runs.map((run) => lengthOf(run, series.holes)));
      rates.add(rateText(series));
      edges.push(series.looks[0], series.looks.at(-1));
      evidence.push(
        ...runs.flatMap((run) =>
          [run.before, run.bad[0], run.bad.at(-1), run.recovery].filter((look) => look !== undefined),
        ),
      );
      const hole = longestHole(series, scenario);
      unseenMs = Math.max(unseenMs, series.intervalMs, hole ?? 0);
      if (hole === undefined) problems.push(`${scenario.plan.id} ${series.name} did not look`);
      else if (hole >= limitMs)
        hidden.push(`${scenario.plan.id} ${series.name}: nobody looked for ${formatDuration(hole)}`);
    }
    lengths.push(...own);
    perDrill.push(`${scenario.plan.id} ${measuredText(longestOf(own))}`);
  }
  if (watched === 0) return inconclusive('nothing that users use was watched while a node was down', { limit });
  const longest = longestOf(lengths);
  const bounds = longestOf([...lengths, { lowerMs: 0, upperMs: unseenMs }]);
  const judged = judgeInterval(bounds, limitMs);
  const status = judged === 'PASS' && problems.length > 0 ? 'INCONCLUSIVE' : judged;
  if (judged === 'FAIL') problems.push('users saw errors for too long');
  else problems.push(...hidden);
  if (judged === 'INCONCLUSIVE' && problems.length === 0)
    problems.push('the whole of the longest run was not seen, or the limit lies within the uncertainty');
  return {
    status,
    measured: `longest ${measuredText(longest)} (${perDrill.join(', ')})`,
    limit,
    uncertainty: [`${rangeText(bounds)}, ${countText(watched)} series`, ...rates].join(', '),
    reason: problems.join('; '),
    value: longest.upperMs ?? null,
    unit: 'ms',
    // Where nothing was bad, the first and the last look show who looked from when to when.
    evidence: evidenceOf(...(evidence.length > 0 ? evidence : edges)),
  };
}

/** Probes and ledgers whose failures a user would have felt. */
function userSeries(scenario: ScenarioView): readonly SeriesView[] {
  const { probes, ledgers } = scenario.plan;
  return [
    ...probes.filter((one) => one.user).flatMap((one) => seriesOf(scenario, { probe: one.name }) ?? []),
    ...ledgers.filter((one) => one.user).flatMap((one) => seriesOf(scenario, { ledger: one.name }) ?? []),
  ];
}

/** The longest time without a look from the first fault to the start of verify (or the last look); undefined when nobody looked. */
function longestHole(series: SeriesView, scenario: ScenarioView): number | undefined {
  const fromMs = scenario.faults[0]?.requested?.t;
  const last = series.looks.at(-1);
  if (fromMs === undefined || last === undefined) return undefined;
  const toMs = scenario.phases.findLast((one) => one.phase === 'verify')?.startedAt ?? last.startedAt;
  const seen = coverage(series.looks, series.missed, { fromMs, toMs: Math.max(fromMs, toMs) });
  return seen.looks === 0 ? undefined : seen.largestHoleMs;
}
