import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import type { ScenarioView } from '../../journal/view.ts';
import { coverage, tolerableHoleMs } from '../coverage.ts';
import { factLooks, keysOf, keyText, type Timeline, timelineOf, valueAt } from '../facts.ts';
import { defineGate, evidenceOf, type ScenarioContext } from '../gate.ts';
import { readChoice, readNumber, readObjects, readText, readTexts } from '../params.ts';
import { holesOf, touchesHole } from '../standstill.ts';
import { resolveStage, STAGES, type Stage, type TimeWindow } from '../windows.ts';

/** How long a stack may take to say what became of it, unless a gate says otherwise. */
const SETTLE_MS = 12_000;

export type StatesParams = {
  readonly probes: readonly string[];
  readonly key: string;
  readonly expect: readonly { readonly window: Stage; readonly oneOf: readonly string[] }[];
  /** In a stage that is longer, the value must be right from then on; in a shorter one its last value must be. */
  readonly settleMs?: number;
};

/** What a stack says about itself is right in each stage of the drill: up, one down, all down, restored. */
export const states = defineGate<StatesParams>(
  'states',
  (params) => ({
    probes: readTexts(params, 'probes'),
    key: readText(params, 'key'),
    expect: readObjects(params, 'expect').map((one) => ({
      window: readChoice(one, 'window', STAGES),
      oneOf: readTexts(one, 'oneOf'),
    })),
    ...(params.settleMs === undefined ? {} : { settleMs: readNumber(params, 'settleMs') }),
  }),
  judge,
);

interface Stated {
  readonly status: Verdict;
  readonly text: string;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

/** What a probe said of a key in a stage. */
interface Said {
  readonly probe: string;
  readonly status: Verdict;
  readonly value: string;
  readonly why: string;
  readonly seq: number;
}

function judge(params: StatesParams, context: ScenarioContext): GateResult {
  const stages = params.expect.map((expected) => ofStage(params, expected, context));
  const right = stages.filter((one) => one.status === 'PASS').length;
  return {
    status: worst(stages.map((one) => one.status)),
    measured: stages.map((one) => one.text).join(', '),
    limit: params.expect.map(({ window, oneOf }) => `${window} ${oneOf.join(' or ')}`).join(', '),
    uncertainty: '',
    reason: stages.flatMap((one) => (one.reason === '' ? [] : [one.reason])).join('; '),
    value: right,
    unit: 'count',
    evidence: evidenceOf(...stages.flatMap((one) => one.evidence)),
  };
}

function ofStage(params: StatesParams, expected: StatesParams['expect'][number], context: ScenarioContext): Stated {
  const { scenario, journal } = context;
  const { window: stage, oneOf } = expected;
  const unseen = (reason: string): Stated => ({
    status: 'INCONCLUSIVE',
    text: `${stage} not seen`,
    reason: `${stage}: ${reason}`,
    evidence: [],
  });
  const resolved = resolveStage(stage, scenario, journal);
  if ('reason' in resolved) return unseen(resolved.reason);
  const keys = keysOf(scenario, params.probes, params.key);
  const { window, down = [] } = resolved;
  const settleMs = params.settleMs ?? SETTLE_MS;
  const said: Said[] = [];
  const unsure: string[] = [];
  for (const probe of params.probes) {
    const planned = scenario.plan.probes.find((one) => one.name === probe);
    if (planned === undefined) return unseen(`the plan has no probe ${probe}`);
    const vouched = keys.flatMap((key) => {
      const timeline = timelineOf(scenario, probe, key);
      const looks = timeline === undefined ? [] : vouchersOf(timeline, window, scenario);
      return timeline === undefined || looks.length === 0 ? [] : [{ timeline, looks }];
    });
    said.push(...vouched.map(({ timeline }) => ({ probe, ...ofTimeline(timeline, window, oneOf, settleMs) })));
    // A probe that looks at a stopped node gets no answer; all others must have had one, and again and again.
    if (down.some((node) => probe.endsWith(`:${node}`))) continue;
    if (vouched.length === 0) unsure.push(`${probe} saw no ${keyText(scenario, params.key)}`);
    for (const { timeline, looks } of vouched) {
      const { largestHoleMs } = coverage(looks, [], window);
      if (largestHoleMs > tolerableHoleMs(planned))
        unsure.push(`${probe} saw no ${timeline.key} for ${formatDuration(largestHoleMs)}`);
    }
  }
  const values = [...new Set(said.map((one) => one.value))];
  const wrong = said.filter((one) => one.status !== 'PASS');
  const seen = worst([...said.map((one) => one.status), ...(unsure.length > 0 ? (['INCONCLUSIVE'] as const) : [])]);
  // While nobody looked the value may have become right.
  const status = seen === 'FAIL' && touchesHole(holesOf(scenario), window.fromMs, window.toMs) ? 'INCONCLUSIVE' : seen;
  if (said.length === 0) return unseen(`no probe saw ${params.key}`);
  const reasons = [...wrong.map((one) => `${one.probe} said ${one.value}${one.why}`), ...unsure];
  return {
    status,
    text: `${stage} ${values.join(' and ')}`,
    reason: reasons.length === 0 ? '' : `${stage}: ${reasons.join(', ')}`,
    evidence: said.map((one) => ({ seq: one.seq })),
  };
}

/** A value is vouched for by the looks that were answered in the window, and by the changes that were seen in it. */
function vouchersOf({ probe, changes }: Timeline, window: TimeWindow, scenario: ScenarioView) {
  const answered = factLooks(scenario, probe).filter((look) => look.endedAt <= window.toMs);
  return [...answered.map((look) => look.startedAt), ...changes.map((change) => change.toMs)]
    .filter((ms) => ms >= window.fromMs && ms <= window.toMs)
    .sort((a, b) => a - b)
    .map((startedAt) => ({ startedAt, class: 'good' as const }));
}

function ofTimeline(
  timeline: Timeline,
  window: TimeWindow,
  oneOf: readonly string[],
  settleMs: number,
): Omit<Said, 'probe'> {
  const last = valueAt(timeline, window.toMs);
  if (last === undefined)
    return { status: 'INCONCLUSIVE', value: 'nothing', why: '', seq: timeline.changes[0]?.seq ?? 0 };
  const { value, seq } = last;
  if (!oneOf.includes(value)) return { status: 'FAIL', value, why: '', seq };
  if (window.toMs - window.fromMs <= settleMs) return { status: 'PASS', value, why: '', seq };
  const settled = window.fromMs + settleMs;
  // The change that opened the last right stretch: after the settling time nothing else may have been said.
  const until = timeline.changes.filter((change) => change.toMs <= window.toMs);
  const opens = until[until.findLastIndex((change) => !oneOf.includes(change.value)) + 1] ?? last;
  if (opens.toMs <= settled) return { status: 'PASS', value, why: '', seq };
  const late = formatDuration(opens.toMs - window.fromMs);
  return { status: opens.fromMs > settled ? 'FAIL' : 'INCONCLUSIVE', value, why: ` only after ${late}`, seq };
}
