import type { AlertState } from '../core/alert.ts';
import { formatDuration } from '../core/duration.ts';
import type { Condition } from '../core/scenario.ts';
import { carriesOne, wantedLabels } from '../verdict/alerts.ts';
import { type AlertWatch, hasLabels } from './alert-watch.ts';
import { hold } from './conditions.ts';
import { type DrillRun, DrillStopped } from './drill-run.ts';

/**
 * A restart of the alert servers takes seconds, and is no reason to end a drill. An alert that begins meanwhile is heard
 * as late as a tool that hangs is noticed.
 */
const LONGEST_BLIND_MS = 10_000;
/** So long at most while gameday itself hardly gets to run: the node is down all the same. */
const LONGEST_UNREAD_MS = 3 * LONGEST_BLIND_MS;

/**
 * Nothing is broken while nobody would see the alerts fire that are set to end the drill. A poll that is lost now and then is
 * a busy machine, and the stack rests all the same.
 */
export function stopAlertsSeen(run: DrillRun): Condition {
  const { alerts } = run.watch;
  return seen(run, alerts?.wasRead === true && alerts.blind() === undefined);
}

/** Right before the fault the last look itself must have been answered; the next one is awaited. */
export async function awaitStopAlerts(run: DrillRun, say: (condition: Condition) => Promise<void>): Promise<Condition> {
  const { world, signal, watch } = run;
  return hold({
    clock: world.clock,
    signal,
    holdMs: 0,
    deadlineMs: LONGEST_BLIND_MS,
    check: async () => seen(run, watch.alerts?.isReachable === true),
    say: async (condition) => (condition.ok ? undefined : say(condition)),
  });
}

function seen({ watch, abort }: DrillRun, areSeen: boolean): Condition {
  const names = abort.alerts ?? [];
  if (names.length === 0 || areSeen) return { ok: true, detail: '' };
  const why = watch.alerts?.problem ?? '';
  const detail = `alerts cannot be read, and ${names.join(', ')} is set to end a drill`;
  return { ok: false, detail: why === '' ? detail : `${detail}: ${why}` };
}

/**
 * Alerts that end the drill when they begin to fire, from the first fault on. One that fired before stops nothing, and
 * neither does one that the scenario expects for a node it broke. Servers that cannot be read for long end it too, whoever's fault it is.
 */
export function stopAlertsWatch(run: DrillRun): () => Promise<void> {
  const { drill, watch, recorder } = run;
  const { id } = drill.plan;
  const names = run.abort.alerts ?? [];
  const list = names.join(', ');
  const { alerts } = watch;
  if (names.length === 0 || alerts === undefined) return async () => undefined;
  const before = firing(alerts.activeNow(), names);
  return async () => {
    for (const { name } of before)
      await recorder.note(id, `${name} fired already before the fault: that instance of it cannot end this drill`);
    if (!alerts.isReachable) {
      const unread = tooLongUnread(alerts);
      // What could not be looked at is neither the stack's fault nor a reason to leave a node down.
      if (unread !== undefined)
        throw new DrillStopped(
          'error',
          `alerts could not be read for ${formatDuration(unread.ms)}, so that nobody would see ${list} fire, which is set to end a drill: ${unread.why}`,
        );
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

/** For how long and why, once it is too long. */
function tooLongUnread(alerts: AlertWatch): { readonly ms: number; readonly why: string } | undefined {
  const blind = alerts.blind();
  if (blind !== undefined && blind.ms >= LONGEST_BLIND_MS) return blind;
  const ms = alerts.unreadMs(LONGEST_UNREAD_MS - LONGEST_BLIND_MS);
  if (ms === undefined || ms < LONGEST_UNREAD_MS) return undefined;
  return { ms, why: `gameday itself hardly got to run, give it more CPU (${alerts.problem})` };
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
