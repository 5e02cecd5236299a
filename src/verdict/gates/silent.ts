import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import { HEALTHY } from '../../core/probe.ts';
import { FOLLOW_LAG_MS } from '../../core/scenario.ts';
import type { FaultView, JournalView, ScenarioView } from '../../journal/view.ts';
import { faultsOf, instancesOf, wantedLabels, wasActiveAt, wasBlind } from '../alerts.ts';
import { cutShortProblem, lastLook } from '../cut-short.ts';
import { type Timeline, timelineOf, valueAt } from '../facts.ts';
import { faultMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type SessionContext } from '../gate.ts';
import { isOlder, lineBefore } from '../log-lines.ts';
import { seriesOf } from '../looks.ts';
import { returnedProblem } from '../returned.ts';
import { countText, plural } from '../text.ts';

const LIMIT = 'none silent';

export type SilentParams = Record<string, never>;

/** No silent failure: each fault that users or a component could feel raised an alert or a log line, or changed what a component calls itself. */
export const silent = defineGate<SilentParams, SessionContext>('silent', () => ({}), judge);

interface Heard {
  readonly name: string;
  readonly status: Verdict;
  readonly reason: string;
  readonly evidence: readonly (Evidence | undefined)[];
}

function judge(_params: SilentParams, { journal }: SessionContext): GateResult {
  const heard = journal.scenarios.flatMap((scenario) =>
    scenario.faults
      .filter((fault) => fault.proven !== undefined && fault.requested !== undefined)
      .map((fault) => ofFault(fault, scenario, journal)),
  );
  if (heard.length === 0) return inconclusive('no fault was proven', { limit: LIMIT });
  const silentOnes = heard.filter((one) => one.status === 'FAIL');
  return {
    status: worst(heard.map((one) => one.status)),
    measured: `${countText(silentOnes.length)} silent of ${plural(heard.length, 'fault')}`,
    limit: LIMIT,
    uncertainty: '',
    reason: heard.flatMap((one) => (one.reason === '' ? [] : [`${one.name}: ${one.reason}`])).join('; '),
    value: silentOnes.length,
    unit: 'count',
    evidence: evidenceOf(...heard.flatMap((one) => one.evidence)),
  };
}

/** From the fault until a node was ordered back, or was there again by itself: what is said only then may be about its return. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function ofFault(fault: FaultView, scenario: ScenarioView, journal: JournalView): Heard {
  const name = `${fault.id} (${fault.node.name})`;
  const back = scenario.faults.flatMap(({ undoRequested, returned }) => [
    undoRequested?.t ?? Infinity,
    returned?.t ?? Infinity,
  ]);
  const span = { fromMs: fault.requested?.t ?? Infinity, toMs: Math.min(...back) };
  const voices = [alertOf(fault, scenario, span), lineOf(scenario, span, 0), healthOf(scenario, span, 0)];
  if (voices.some((voice) => voice !== undefined)) return { name, status: 'PASS', reason: '', evidence: voices };
  if (!wasFelt(scenario, span)) {
    // What was not felt so far might have been felt, and kept silent, a moment later.
    const cut = cutShortProblem(scenario, journal);
    return { name, status: cut === undefined ? 'PASS' : 'INCONCLUSIVE', reason: cut ?? '', evidence: [fault.proven] };
  }
  const late = lineOf(scenario, span, FOLLOW_LAG_MS) ?? healthOf(scenario, span, Infinity);
  if (late !== undefined) {
    const reason = 'what was heard as the node was ordered back may be about its return';
    return { name, status: 'INCONCLUSIVE', reason, evidence: [late] };
  }
  const unheard = whyDeaf(scenario, span, fault.proven?.t ?? span.fromMs);
  const deaf = unheard && [returnedProblem(scenario), unheard].filter((one) => one !== undefined).join('; ');
  return {
    name,
    status: deaf === undefined ? 'FAIL' : 'INCONCLUSIVE',
    reason: deaf ?? `silent: it was felt, and raised ${nothingRaised(scenario)}`,
    evidence: [fault.proven],
  };
}

function nothingRaised({ plan }: ScenarioView): string {
  const watched = plan.component !== undefined && plan.probes.some((probe) => probe.health === true);
  return watched
    ? 'no alert and no log line, and no component changed what it calls itself'
    : 'neither an alert nor a log line';
}

/** An alert that nobody had looked at before the fault, or that was active by then, may have fired for something else. */
function alertOf(fault: FaultView, scenario: ScenarioView, { fromMs, toMs }: Span): Evidence | undefined {
  if (scenario.baseline === undefined || scenario.baseline.t > fromMs) return undefined;
  return scenario.plan.alerts
    .filter((expected) => faultsOf(expected, scenario).includes(fault))
    .map((expected) => ({ name: expected.name, labels: wantedLabels(expected, [fault]) }))
    .filter(({ name, labels }) => !wasActiveAt(scenario, name, labels, fromMs))
    .flatMap(({ name, labels }) => instancesOf(scenario, name, labels, 'alertmanager'))
    .flatMap((instance) => instance.changes)
    .find((change) => change.to === 'firing' && change.notAfter > fromMs && change.notBefore < toMs);
}

/** Lines reach us a moment after they were written. */
function lineOf(scenario: ScenarioView, { fromMs, toMs }: Span, lagMs: number): Evidence | undefined {
  const first = faultMoment(scenario.faults);
  const telling = scenario.plan.logs.filter(
    (expected) => first === undefined || lineBefore(expected, scenario, first) === undefined,
  );
  return scenario.logs.find(
    (one) =>
      one.t >= fromMs &&
      one.t < toMs + lagMs &&
      !isOlder(one, fromMs) &&
      telling.some((expected) => expected.name === one.expectation),
  );
}

/**
 * What the component of the drilled stack calls itself is something else than before the fault. Where a service knows no
 * component of that name its `status`, which stands for all of them, is heard instead. A stack that has no component at
 * all (a balancer) is spoken of by none: what happens to another stack in the meantime is not about this fault. A change
 * was surely seen within the span; up to `laterMs` after it, it may have happened within. Who gets well speaks of no fault.
 */
function healthOf(scenario: ScenarioView, { fromMs, toMs }: Span, laterMs: number): Evidence | undefined {
  const { component, probes } = scenario.plan;
  if (component === undefined) return undefined;
  const speakers = probes
    .filter((probe) => probe.health === true)
    .map(({ name }) => ({ name, key: timelineOf(scenario, name, component) === undefined ? 'status' : component }));
  return scenario.observations.find((one) => {
    if (one.to === HEALTHY || one.notAfter <= fromMs || one.notBefore >= toMs || one.notAfter > toMs + laterMs)
      return false;
    if (!speakers.some(({ name, key }) => one.probe === name && one.key === key)) return false;
    const timeline = timelineOf(scenario, one.probe, one.key);
    if (timeline === undefined) return false;
    const before = valueAt(timeline, fromMs)?.value;
    const steadyMs = fromMs - scenario.plan.steadyMs;
    return before !== undefined && before !== one.to && !wasSaid(timeline, one.to, steadyMs, fromMs);
  });
}

/** What was said while all was steady means no fault: several instances that answer in turn may see things differently. */
function wasSaid(timeline: Timeline, value: string, fromMs: number, toMs: number): boolean {
  return timeline.changes.some((change) => change.value === value && change.toMs > fromMs && change.fromMs < toMs);
}

/** Why nothing follows from having heard nothing; undefined where everything was listened to for long enough since the node was surely gone. */
function whyDeaf(scenario: ScenarioView, { fromMs, toMs }: Span, goneMs: number): string | undefined {
  const { plan } = scenario;
  if (plan.alerts.length === 0 && plan.logs.length === 0)
    return 'no alert and no log line is expected: nobody listened';
  const alertsRead = plan.alerts.length === 0 || (scenario.baseline !== undefined && !wasBlind(scenario, fromMs, toMs));
  if (!alertsRead) return 'the alert servers could not be read';
  if (plan.logs.length === 0)
    return `no access to logs is configured (scenarios.${plan.id}.logs): whether an error was logged is not known`;
  if (scenario.unreadableLogs.length > 0) return 'a log could not be followed';
  const old = scenario.logs.find((one) => one.t >= fromMs && one.t < toMs && isOlder(one, fromMs));
  if (old !== undefined)
    return `a line from the log of ${old.node} is by its own time (${old.writtenAt}) from before the fault: it came late, or that clock is wrong`;
  const health = plan.probes.filter((probe) => probe.health === true);
  const looked = (name: string) =>
    seriesOf(scenario, { probe: name })?.looks.some(
      (look) => look.class !== 'apart' && look.startedAt >= fromMs && look.startedAt < toMs,
    ) === true;
  if (health.length > 0 && !health.some((probe) => looked(probe.name)))
    return 'nobody read what the components call themselves';
  // A drill that was cut short gave nobody the time to speak.
  const limitMs = Math.max(...[...plan.alerts, ...plan.logs].map((expected) => expected.withinMs));
  const endMs = Math.min(toMs, Math.max(goneMs, lastLook(scenario)));
  if (endMs - goneMs < limitMs)
    return `nothing was heard of it in ${formatDuration(endMs - goneMs)}, which is less than its limit of ${formatDuration(limitMs)}`;
  return undefined;
}

/** A look that went wrong, or a state that changed, while the node was down. */
function wasFelt(scenario: ScenarioView, { fromMs, toMs }: Span): boolean {
  const { probes, ledgers } = scenario.plan;
  const series = [
    ...probes.map((one) => seriesOf(scenario, { probe: one.name })),
    ...ledgers.map((one) => seriesOf(scenario, { ledger: one.name })),
  ];
  const looks = series
    .flatMap((one) => one?.looks ?? [])
    .filter((look) => look.endedAt > fromMs && look.startedAt < toMs);
  // Nobody looked at all: then nobody can say that it was not felt.
  if (looks.length === 0) return true;
  return (
    looks.some((look) => look.class === 'bad') ||
    scenario.observations.some((one) => one.from !== undefined && one.notAfter > fromMs && one.notBefore < toMs)
  );
}
