import { formatDuration } from '../../core/duration.ts';
import type { GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import { FOLLOW_LAG_MS, type LogExpectation } from '../../core/scenario.ts';
import type { ScenarioView } from '../../journal/view.ts';
import { lastLook } from '../cut-short.ts';
import { faultMoment, type Moment, since, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type ScenarioContext } from '../gate.ts';
import { type Interval, judgeInterval, measuredText, rangeText, underText } from '../intervals.ts';
import { isOlder, lineBefore } from '../log-lines.ts';
import { longestOf } from '../outages.ts';
import { holesOf, touchesHole } from '../standstill.ts';

export type LoudParams = Record<string, never>;

/** Every log line that the plan expects came in time, so that whoever reads the logs learns of the outage. */
export const loud = defineGate<LoudParams>('loud', () => ({}), judge);

interface Heard {
  readonly expectation: LogExpectation;
  readonly status: Verdict;
  readonly interval: Interval;
  readonly seq: number | undefined;
  readonly reason: string;
}

function judge(_params: LoudParams, { scenario, journal }: ScenarioContext): GateResult {
  const { logs } = scenario.plan;
  const limit = [...new Set(logs.map((one) => underText(one.withinMs)))].join(', ');
  if (logs.length === 0) return inconclusive('no log line is expected: nothing can be judged');
  const fault = faultMoment(scenario.faults);
  if (fault === undefined) return inconclusive('the fault was not proven', { limit });
  // Long after the tool had died nobody listened any more, whoever ordered the node back.
  const orderedBack = undoMoment(scenario, journal)?.earliestMs;
  const listenedTo = orderedBack && Math.min(orderedBack, Math.max(fault.latestMs, lastLook(scenario)));
  const heard = logs.map((expectation) => listen(expectation, scenario, fault, listenedTo));
  const slowest = longestOf(heard.map((one) => one.interval));
  return {
    status: worst(heard.map((one) => one.status)),
    measured: heard
      .map(
        (one) =>
          `${one.expectation.name} ${one.seq === undefined ? 'not seen' : `after ${measuredText(one.interval)}`}`,
      )
      .join(', '),
    limit,
    uncertainty: heard.map((one) => rangeText(one.interval)).join(', '),
    reason: heard.flatMap((one) => (one.reason === '' ? [] : [one.reason])).join('; '),
    value: slowest.upperMs ?? null,
    unit: 'ms',
    evidence: evidenceOf(
      ...heard.map((one) => (one.seq === undefined ? undefined : { seq: one.seq })),
      ...fault.evidence,
    ),
  };
}

/** From when on a line that was read at a time may have stood there: whoever stood still read it late. */
function writtenFrom(readAt: number, scenario: ScenarioView): number {
  const late = holesOf(scenario).filter((hole) => touchesHole([hole], readAt - FOLLOW_LAG_MS, readAt));
  return Math.min(readAt, ...late.map((hole) => hole.fromMs)) - FOLLOW_LAG_MS;
}

function listen(
  expectation: LogExpectation,
  scenario: ScenarioView,
  fault: Moment,
  listenedTo: number | undefined,
): Heard {
  const { name, nodes, withinMs } = expectation;
  const noise = lineBefore(expectation, scenario, fault);
  if (noise !== undefined) {
    const late = noise.t < fault.earliestMs ? '' : ` by its own time (${noise.writtenAt}; is that clock right?)`;
    const reason = `a line "${name}" stood in the log of ${noise.node} before the fault already${late}: one that comes after it proves nothing`;
    return {
      expectation,
      status: 'INCONCLUSIVE',
      interval: since(fault, fault.latestMs, undefined),
      seq: noise.seq,
      reason,
    };
  }
  const lines = scenario.logs.filter(
    (one) =>
      one.expectation === name &&
      nodes.includes(one.node) &&
      one.t >= fault.earliestMs &&
      // A line that came later may be about the node's return.
      one.t < (listenedTo ?? Infinity),
  );
  const match = lines.find((one) => !isOlder(one, fault.earliestMs));
  if (match !== undefined) {
    const interval = since(fault, writtenFrom(match.t, scenario), match.t);
    const status = judgeInterval(interval, withinMs);
    const reason =
      status === 'PASS' ? '' : `"${name}" was logged ${formatDuration(match.t - fault.earliestMs)} after the fault`;
    return { expectation, status, interval, seq: match.seq, reason };
  }
  const interval = since(fault, (listenedTo ?? fault.latestMs) - FOLLOW_LAG_MS, undefined);
  const [old] = lines;
  if (old !== undefined) {
    const reason = `a line "${name}" from the log of ${old.node} is by its own time (${old.writtenAt}) from before the fault: it came late, or that clock is wrong`;
    return { expectation, status: 'INCONCLUSIVE', interval, seq: undefined, reason };
  }
  const unread = scenario.unreadableLogs.find((one) => nodes.includes(one.node));
  if (unread !== undefined) {
    const reason = `the log of ${unread.node} could not be followed: ${unread.detail}`;
    return { expectation, status: 'INCONCLUSIVE', interval, seq: undefined, reason };
  }
  const status = judgeInterval(interval, withinMs);
  const heardFor =
    listenedTo === undefined
      ? 'the node was never ordered back'
      : `listened for ${formatDuration(listenedTo - fault.earliestMs)}`;
  return {
    expectation,
    status,
    interval,
    seq: undefined,
    reason: `no line "${name}" (${nodes.join(', ')}): ${heardFor}`,
  };
}
