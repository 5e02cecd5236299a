import type { Condition } from '../../core/scenario.ts';
import { carriesOne, wantedLabels } from '../../verdict/alerts.ts';
import { awaitStopAlerts, stopAlertsSeen } from '../abort-alerts.ts';
import { hold, makeWaiting } from '../conditions.ts';
import { contextOf, type DrillRun, DrillStopped, inPhase } from '../drill-run.ts';

/** How long a stack may take to come to rest before its drill is given up. */
const SETTLE_MS = 45_000;

/** Probes and ledgers run and are well, the stack is in its steady state, no expected alert is active; all of it without a break for `steadyMs`. */
export async function steadyPhase(run: DrillRun): Promise<void> {
  const { drill, watch, world, recorder, signal } = run;
  const { id, steadyMs } = drill.plan;
  await inPhase(run, 'steady', async () => {
    await watch.start(signal);
    const context = contextOf(run, world.clock.now());
    const say = makeWaiting(world.clock, recorder, id, 'steady');
    const seen = await hold({
      clock: world.clock,
      signal,
      holdMs: steadyMs,
      deadlineMs: steadyMs + SETTLE_MS,
      check: async (inner) => {
        const well = wellAlso(await drill.steady(context(inner)), run);
        const seen = stopAlertsSeen(run);
        return well.ok && !seen.ok ? seen : well;
      },
      say,
    });
    if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted before anything was broken');
    if (!seen.ok)
      throw new DrillStopped(
        'not-injected',
        `no steady state within ${Math.round((steadyMs + SETTLE_MS) / 1_000)}s: ${seen.detail}`,
      );
    await watch.baseline();
    const alerts = await awaitStopAlerts(run, say);
    if (!alerts.ok && !signal.aborted) throw new DrillStopped('not-injected', alerts.detail);
    return seen;
  });
}

/** A service with words of its own (`api.expect` judges it) is not understood, and so not held against the stack. */
const ILL: ReadonlySet<string> = new Set(['degraded', 'unhealthy']);

/** A component of which the last answers no longer tell is not what it was called before. */
function calledNow(component: string, { watch }: DrillRun): string | undefined {
  const [told, whole] = [watch.pulse.fact(component), watch.pulse.fact('status')];
  return told === undefined || (whole !== undefined && whole.lastMs > told.lastMs) ? undefined : told.value;
}

/** The stack's own condition, plus what our own looks say. */
export function wellAlso(condition: Condition, run: DrillRun): Condition {
  if (!condition.ok) return condition;
  const unwell = run.watch.pulse.unwell();
  if (unwell.length > 0) return { ok: false, detail: unwell.join('; ') };
  const { component } = run.drill.plan;
  const called = component === undefined ? undefined : calledNow(component, run);
  if (called !== undefined && ILL.has(called)) return { ok: false, detail: `the API calls ${component} ${called}` };
  // What was last seen of servers that cannot be read now says nothing: the drill runs, and its alert gates say so.
  const alerts = run.watch.alerts?.isReachable === true ? run.watch.alerts.activeNow() : [];
  const nodes = run.drill.plan.nodes.map((node) => ({ node }));
  const active = alerts.find((alert) =>
    run.drill.plan.alerts.some(
      (expected) => expected.name === alert.name && carriesOne(alert.labels, wantedLabels(expected, nodes)),
    ),
  );
  if (active !== undefined) return { ok: false, detail: `alert ${active.name} is ${active.state} in ${active.where}` };
  return condition;
}
