import { formatDuration } from '../../core/duration.ts';
import type { Evidence, GateResult } from '../../core/gate.ts';
import { type Verdict, worst } from '../../core/outcome.ts';
import { FOLLOW_LAG_MS } from '../../core/scenario.ts';
import type { FaultView, JournalView, ScenarioView } from '../../journal/view.ts';
import { faultsOf, instancesOf, wantedLabels, wasBlind } from '../alerts.ts';
import { faultMoment, undoMoment } from '../faults.ts';
import { defineGate, evidenceOf, inconclusive, type SessionContext } from '../gate.ts';
import { lineBefore } from '../log-lines.ts';
import { seriesOf } from '../looks.ts';
import { countText, plural } from '../text.ts';

const LIMIT = 'none silent';

export type SilentParams = Record<string, never>;

/** No silent failure: each fault that users or a component could feel raised an alert or a log line. */
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
    measured: `${countText(silentOnes.length)} of ${plural(heard.length, 'fault')}`,
    limit: LIMIT,
    uncertainty: '',
    reason: heard.flatMap((one) => (one.reason === '' ? [] : [`${one.name}: ${one.reason}`])).join('; '),
    value: silentOnes.length,
    unit: 'count',
    evidence: evidenceOf(...heard.flatMap((one) => one.evidence)),
  };
}

function ofFault(fault: FaultView, scenario: ScenarioView, journal: JournalView): Heard {
  const { plan } = scenario;
  const name = `${fault.id} (${fault.node.name})`;
  const fromMs = fault.requested?.t ?? Infinity;
  // What is said only once the node was ordered back may be about its return.
  const toMs = undoMoment(scenario, journal)?.earliestMs ?? Infinity;
  const alert = plan.alerts
    .filter((expected) => faultsOf(expected, scenario).includes(fault))
    .flatMap((expected) => instancesOf(scenario, expected.name, wantedLabels(expected, [fault]), 'alertmanager'))
    .flatMap((instance) => instance.changes)
    .find((change) => change.to === 'firing' && change.notAfter > fromMs && change.notBefore < toMs);
  const first = faultMoment(scenario.faults);
  const telling = plan.logs.filter(
    (expected) => first === undefined || lineBefore(expected, scenario, first) === undefined,
  );
  const line = scenario.logs.find(
    (one) =>
      one.t >= fromMs && one.t < toMs + FOLLOW_LAG_MS && telling.some((expected) => expected.name === one.expectation),
  );
  if (alert !== undefined || line !== undefined) {
    return { name, status: 'PASS', reason: '', evidence: [alert, line] };
  }
  if (!wasFelt(scenario, fromMs, toMs)) return { name, status: 'PASS', reason: '', evidence: [fault.proven] };
  const no = (status: Verdict, reason: string): Heard => ({ name, status, reason, evidence: [fault.proven] });
  if (plan.alerts.length === 0 && plan.logs.length === 0)
    return no('INCONCLUSIVE', 'no alert and no log line is expected: nobody listened');
  const alertsRead = plan.alerts.length === 0 || (scenario.baseline !== undefined && !wasBlind(scenario, fromMs, toMs));
  if (!alertsRead) return no('INCONCLUSIVE', 'the alert servers could not be read');
  if (scenario.unreadableLogs.length > 0) return no('INCONCLUSIVE', 'a log could not be followed');
  // A drill that was cut short gave nobody the time to speak.
  const limitMs = Math.max(...[...plan.alerts, ...plan.logs].map((expected) => expected.withinMs));
  if (toMs - fromMs < limitMs)
    return no(
      'INCONCLUSIVE',
      `nothing was heard of it in ${formatDuration(toMs - fromMs)}, which is less than its limit`,
    );
  return no('FAIL', 'it was felt, and raised neither an alert nor a log line');
}

/** A look that went wrong, or a state that changed, while the node was down. */
function wasFelt(scenario: ScenarioView, fromMs: number, toMs: number): boolean {
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
