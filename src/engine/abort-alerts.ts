import type { AlertState } from '../core/alert.ts';
import { carriesOne, wantedLabels } from '../verdict/alerts.ts';
import { hasLabels } from './alert-watch.ts';
import { type DrillRun, DrillStopped } from './drill-run.ts';

/**
 * Alerts that end the drill when they begin to fire, from the first fault on. One that fired before stops nothing, and
 * neither does one that the scenario expects for a node it broke. What cannot be watched is journaled, once each.
 */
export function stopAlertsWatch(run: DrillRun): () => Promise<void> {
  const { drill, watch, recorder } = run;
  const { id } = drill.plan;
  const names = run.abort.alerts ?? [];
  const list = names.join(', ');
  const { alerts } = watch;
  if (names.length === 0) return async () => undefined;
  if (alerts === undefined)
    return () => recorder.note(id, `no alert source is configured: ${list} cannot end this drill`);
  if (!alerts.isReachable)
    return () => recorder.note(id, `what fired before the fault is not known: ${list} cannot end this drill`);
  const before = firing(alerts.activeNow(), names);
  return async () => {
    for (const { name } of before)
      await recorder.note(id, `${name} fired already before the fault: that instance of it cannot end this drill`);
    if (!alerts.isReachable) {
      await recorder.note(id, `alerts cannot be read: meanwhile ${list} cannot end this drill`);
      return;
    }
    const begun = firing(alerts.activeNow(), names).find(
      (alert) => !before.some((one) => isSame(one, alert)) && !isExpected(run, alert),
    );
    if (begun !== undefined)
      throw new DrillStopped('aborted', `alert ${begun.name} fires in ${begun.where}, which is set to end a drill`);
  };
}

function firing(active: readonly AlertState[], names: readonly string[]): readonly AlertState[] {
  return active.filter((alert) => alert.state === 'firing' && names.includes(alert.name));
}

/** The same alert in both places: Alertmanager may know it by more labels than Prometheus does. */
function isSame(one: AlertState, other: AlertState): boolean {
  return one.name === other.name && (hasLabels(one.labels, other.labels) || hasLabels(other.labels, one.labels));
}

function isExpected({ drill, faults }: DrillRun, alert: AlertState): boolean {
  return drill.plan.alerts.some(
    (expected) => expected.name === alert.name && carriesOne(alert.labels, wantedLabels(expected, faults)),
  );
}
