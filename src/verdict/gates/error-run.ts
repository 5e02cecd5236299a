import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { coverage, tolerableHoleMs } from '../coverage.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { type Interval, judgeInterval, measuredText, underText } from '../intervals.ts';
import { seriesOf } from '../looks.ts';
import { findOutages, lengthOf, longestOf, mayTouch, SUSTAIN } from '../outages.ts';
import { readNumber, readTexts, readWindow, type Window } from '../params.ts';
import { countText, plural, uncertaintyText } from '../text.ts';
import { resolveWindow } from '../windows.ts';

export type ErrorRunParams = { readonly probes: readonly string[]; readonly window: Window; readonly limitMs: number };

/** The longest run of bad looks that touches a window stays under a limit; the failed looks are counted. */
export const errorRun = defineGate<ErrorRunParams>(
  'error-run',
  (params) => ({
    probes: readTexts(params, 'probes'),
    window: readWindow(params.window),
    limitMs: readNumber(params, 'limitMs'),
  }),
  judge,
);

function judge(params: ErrorRunParams, { scenario, journal }: ScenarioContext): GateResult {
  const limit = underText(params.limitMs);
  const resolved = resolveWindow(params.window, scenario, journal);
  if ('reason' in resolved) return inconclusive(resolved.reason, { limit });
  const { window } = resolved;
  const lengths: Interval[] = [];
  /** A run that fits between two looks was seen by none of them. */
  const unseen: Interval[] = [];
  /** Where a run as long as the limit may have been. */
  const hidden: string[] = [];
  const starved: string[] = [];
  const evidence: Evidence[] = [];
  const edges: (Evidence | undefined)[] = [];
  const rates: string[] = [];
  let failed = 0;
  let slowed = 0;
  let refused = 0;
  let total = 0;
  for (const probe of params.probes) {
    const series = seriesOf(scenario, { probe });
    if (series === undefined) return inconclusive(`the plan has no probe ${probe}`, { limit });
    const looks = series.looks.filter((look) => look.startedAt >= window.fromMs && look.startedAt <= window.toMs);
    edges.push(looks[0], looks.at(-1));
    total += looks.length;
    for (const look of looks) {
      if (look.class === 'bad') failed += 1;
      if (look.outcome === 'http429') slowed += 1;
      if (look.outcome === 'http4xx') refused += 1;
    }
    const runs = findOutages(series.looks, SUSTAIN).filter((run) => mayTouch(run, window.fromMs, window.toMs));
    const ofProbe = runs.map((run) => lengthOf(run, series.holes));
    lengths.push(...ofProbe);
    evidence.push(
      ...runs.flatMap((run) =>
        [run.before, run.bad[0], run.bad.at(-1), run.recovery].filter((look) => look !== undefined),
      ),
    );
    const seen = coverage(series.looks, series.missed, { fromMs: window.coverFromMs, toMs: window.coverToMs });
    const nobody = `${probe}: nobody looked for ${formatDuration(seen.largestHoleMs)}`;
    if (seen.looks === 0) starved.push(`${probe} did not look`);
    else if (seen.largestHoleMs > tolerableHoleMs(series)) starved.push(nobody);
    else if (seen.largestHoleMs >= params.limitMs) hidden.push(nobody);
    const between = { lowerMs: 0, upperMs: Math.max(series.intervalMs, seen.largestHoleMs) };
    unseen.push(between);
    rates.push(uncertaintyText(longestOf([...ofProbe, between]), series));
  }
  const longest = longestOf(lengths);
  const judged = judgeInterval(longestOf([...lengths, ...unseen]), params.limitMs);
  if (refused > 0) starved.push(`gameday's own request was refused as 4xx ${plural(refused, 'time')}`);
  const status = judged === 'PASS' && starved.length > 0 ? 'INCONCLUSIVE' : judged;
  const troubles = judged === 'FAIL' ? starved : [...starved, ...hidden];
  const own =
    judged === 'FAIL'
      ? 'errors lasted too long'
      : judgeInterval(longest, params.limitMs) === 'INCONCLUSIVE' ||
          (judged === 'INCONCLUSIVE' && troubles.length === 0)
        ? 'the end of the longest run was not seen, or the limit lies within the uncertainty'
        : '';
  return {
    status,
    measured: `${countText(failed)} of ${countText(total)} failed, longest run ${measuredText(longest)}${slowed > 0 ? `, ${countText(slowed)} answered 429` : ''}`,
    limit,
    uncertainty: rates.join('; '),
    reason: [...(own === '' ? [] : [own]), ...troubles].join('; '),
    value: longest.upperMs ?? null,
    unit: 'ms',
    // Where nothing was bad, the first and the last look show who looked from when to when.
    evidence: evidenceOf(...(evidence.length > 0 ? evidence : edges)),
  };
}
