import { formatDuration } from '../core/duration.ts';
import type { GateResult, GateSpec } from '../core/gate.ts';
import { type JournalView, mayBeAsked, outcomeOf, type ScenarioView } from '../journal/view.ts';
import { faultMoment, undoMoment } from './faults.ts';
import type { Origin } from './params.ts';

/** Gates about what is there in the end, and about a line that was logged: a longer drill would not change them. */
const LASTING: ReadonlySet<string> = new Set(['data', 'kept', 'restored', 'healed', 'loud']);

/** Why what held in this drill says nothing about the rest of its time; undefined when it struck nothing or was gone through. */
export function cutShortProblem(scenario: ScenarioView, journal: JournalView): string | undefined {
  if (outcomeOf(scenario) === 'completed' && scenario.aborts.length === 0) return undefined;
  const struckAt = scenario.faults.find(mayBeAsked)?.requested?.t;
  if (struckAt === undefined) return undefined;
  // After a reboot another clock counts: an order back from before the stop says nothing.
  const orderedBack = undoMoment(scenario, journal)?.earliestMs ?? Infinity;
  const seenUntil = Math.min(orderedBack > struckAt ? orderedBack : Infinity, lastLook(scenario));
  if (!Number.isFinite(seenUntil) || seenUntil <= struckAt) return 'the drill was cut short: nothing of it was seen';
  return `the drill was cut short: it held for the ${formatDuration(seenUntil - struckAt)} that were seen`;
}

/** What held until a drill was cut short may have broken a moment later. What failed has failed. */
export function unlessCutShort(
  { kind, params }: GateSpec,
  result: GateResult,
  scenario: ScenarioView,
  journal: JournalView,
): GateResult {
  if (result.status !== 'PASS' || LASTING.has(kind)) return result;
  const cut = cutShortProblem(scenario, journal);
  if (cut === undefined) return result;
  const problem = params.from === ('undo' satisfies Origin) ? afterCutOutage(scenario, journal) : cut;
  const reason = result.reason === '' ? problem : `${problem}; ${result.reason}`;
  return { ...result, status: 'INCONCLUSIVE', reason };
}

/** Of what is measured from the order back: the seconds that were seen of the outage are none of its own. */
function afterCutOutage(scenario: ScenarioView, journal: JournalView): string {
  const [fault, undo] = [faultMoment(scenario.faults), undoMoment(scenario, journal)];
  const lastedMs = fault === undefined || undo === undefined ? 0 : undo.earliestMs - fault.latestMs;
  // Not every node was proven gone, or a reboot lies between and another clock counts.
  if (lastedMs <= 0) return 'the drill was cut short: measured after an outage of unknown length';
  const measured = `the drill was cut short: measured after an outage of ${formatDuration(lastedMs)}`;
  const { outageMs } = scenario.plan;
  return lastedMs < outageMs ? `${measured}, and ${formatDuration(outageMs)} were planned` : measured;
}

/** Start of the last look of all; -Infinity when nobody looked. A tool that died wrote none after it. */
export function lastLook({ samples, entries }: ScenarioView): number {
  const series = [...samples.values(), ...entries.values()];
  return Math.max(-Infinity, ...series.map((looks) => looks.at(-1)?.startedAt ?? -Infinity));
}
