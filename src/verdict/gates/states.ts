import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import { factLooks, keysOf, type Timeline, timelineOf, valueAt } from '../facts.ts';
import { defineGate, evidenceOf, type ScenarioContext } from '../gate.ts';
import { readChoice, readNumber, readObjects, readText, readTexts } from '../params.ts';
import { holesOf, touchesHole } from '../standstill.ts';
import { plural } from '../text.ts';
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
  const { window } = resolved;
  const said = params.probes.flatMap((probe) =>
    keys.flatMap((key) => {
      const timeline = timelineOf(scenario, probe, key);
      return timeline !== undefined && vouched(timeline, window, context)
        ? [{ timeline, ...ofTimeline(timeline, window, oneOf, params.settleMs ?? SETTLE_MS) }]
        : [];
    }),
  );
  // A probe that looks at a stopped node gets no answer; all others must have had one.
  const needed = Math.max(1, params.probes.length - (resolved.down ?? 0));
  const answered = new Set(said.map((one) => one.timeline.probe)).size;
  const values = [...new Set(said.map((one) => one.value))];
  const wrong = said.filter((one) => one.status !== 'PASS');
  const seen = worst([...said.map((one) => one.status), ...(answered < needed ? (['INCONCLUSIVE'] as const) : [])]);
  // While nobody looked the value may have become right.
  const status = seen === 'FAIL' && touchesHole(holesOf(scenario), window.fromMs, window.toMs) ? 'INCONCLUSIVE' : seen;
  if (said.length === 0) return unseen(`no probe saw ${params.key}`);
  const reasons = [
    ...wrong.map((one) => `${one.timeline.probe} said ${one.value}${one.why}`),
    ...(answered < needed ? [`${plural(answered, 'probe')} of at least ${needed} answered`] : []),
  ];
  return {
    status,
    text: `${stage} ${values.join(' and ')}`,
    reason: reasons.length === 0 ? '' : `${stage}: ${reasons.join(', ')}`,
    evidence: said.map((one) => ({ seq: one.seq })),
  };
}

/** A value is vouched for by a look that was answered in the window, or by a change that was seen in it. */
function vouched(timeline: Timeline, window: TimeWindow, { scenario }: ScenarioContext): boolean {
  const inside = (ms: number) => ms >= window.fromMs && ms <= window.toMs;
  return (
    timeline.changes.some((change) => inside(change.toMs)) ||
    factLooks(scenario, timeline.probe).some((look) => inside(look.startedAt) && look.endedAt <= window.toMs)
  );
}

function ofTimeline(
  timeline: Timeline,
  window: TimeWindow,
  oneOf: readonly string[],
  settleMs: number,
): { readonly status: Verdict; readonly value: string; readonly why: string; readonly seq: number } {
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
