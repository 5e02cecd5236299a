import type { Condition } from '../../core/scenario.ts';
import { carriesOne, wantedLabels } from '../../verdict/alerts.ts';
import { awaitStopAlerts, stopAlertsSeen } from '../abort-alerts.ts';
import { ask, hold, makeWaiting } from '../conditions.ts';
import { contextOf, type DrillRun, DrillStopped, inPhase } from '../drill-run.ts';

/** How long a stack may take to come to rest before its drill is given up. */
const SETTLE_MS = 45_000;

type Say = (condition: Condition) => Promise<void>;

/** Probes and ledgers run and are well, the stack is in its steady state, no expected alert is active; all of it without a break for `steadyMs`. */
export async function steadyPhase(run: DrillRun): Promise<void> {
  const { drill, watch, world, recorder, signal } = run;
  const { id, steadyMs } = drill.plan;
  const { clock } = world;
  await inPhase(run, 'steady', async () => {
    await watch.start(signal);
    const startedAt = clock.now();
    const look = lookFrom(run, startedAt);
    const say = makeWaiting(clock, recorder, id, 'steady');
    const leftMs = () => startedAt + steadyMs + SETTLE_MS - clock.now();
    for (;;) {
      const seen = await hold({
        clock,
        signal,
        holdMs: steadyMs,
        deadlineMs: leftMs(),
        check: async (inner) => {
          const well = await look(inner);
          const seen = stopAlertsSeen(run);
          return well.ok && !seen.ok ? seen : well;
        },
        say,
      });
      if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted before anything was broken');
      if (!seen.ok) throw unsteady(run, seen);
      const still = await stillWell(run, look, say);
      if (still.ok || signal.aborted) return seen;
      if (leftMs() <= 0) throw unsteady(run, still);
      await say(still);
    }
  });
}

function lookFrom(run: DrillRun, sinceMs: number): (signal: AbortSignal) => Promise<Condition> {
  const context = contextOf(run, sinceMs);
  return async (signal) => wellAlso(await run.drill.steady(context(signal)), run);
}

function unsteady({ drill }: DrillRun, { detail }: Condition): DrillStopped {
  const seconds = Math.round((drill.plan.steadyMs + SETTLE_MS) / 1_000);
  return new DrillStopped('not-injected', `no steady state within ${seconds}s: ${detail}`);
}

/**
 * Journals the baseline and awaits the alert servers. What may have changed meanwhile is looked at again: the stack is
 * asked only where something had to be waited for, so that a drill that is well loses no time.
 */
async function stillWell(
  run: DrillRun,
  look: (signal: AbortSignal) => Promise<Condition>,
  say: Say,
): Promise<Condition> {
  const { watch, world, signal } = run;
  let waited = false;
  const alertsRead = async () => {
    const alerts = await awaitStopAlerts(run, async (condition) => {
      waited = true;
      await say(condition);
    });
    if (!alerts.ok && !signal.aborted) throw new DrillStopped('not-injected', alerts.detail);
  };
  const hasBaseline = await watch.baseline();
  await alertsRead();
  if (!hasBaseline && watch.alerts?.isReachable === true) {
    waited = true;
    await watch.baseline();
  }
  if (waited) {
    const well = await ask(world.clock, signal, look);
    if (!well.ok) return well;
    await alertsRead();
  }
  return wellAlso({ ok: true, detail: '' }, run);
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
