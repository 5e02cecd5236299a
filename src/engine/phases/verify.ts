import type { Condition } from '../../core/scenario.ts';
import { hold, makeWaiting } from '../conditions.ts';
import { contextOf, type DrillRun, DrillStopped, inPhase } from '../drill-run.ts';
import { wellAlso } from './steady.ts';

/** After the undo: service is back, the stack has healed itself, its steady state holds, and no alert of ours lingers. */
export async function verifyPhase(run: DrillRun): Promise<boolean> {
  const { drill, world, recorder, watch, signal } = run;
  const { id, recoversAfter, verifyMs, healDeadlineMs } = drill.plan;
  return inPhase(run, 'verify', async () => {
    const startedAt = world.clock.now();
    const context = contextOf(run, startedAt);
    const say = makeWaiting(world.clock, recorder, id, 'verify');
    const left = () => Math.max(0, startedAt + healDeadlineMs - world.clock.now());
    const holds = (holdMs: number, check: (inner: AbortSignal) => Promise<Condition>) =>
      hold({ clock: world.clock, signal, holdMs, deadlineMs: left(), check, say });

    const awaited: Condition[] = [];
    if (recoversAfter === 'undo') {
      const recovered = await holds(0, (inner) => drill.recovered(context(inner)));
      awaited.push(recovered);
      if (recovered.ok) await recorder.record({ type: 'recovered', scenario: id, detail: recovered.detail });
    }
    const healed = await holds(0, (inner) => drill.healed(context(inner)));
    const steady = await holds(verifyMs, async (inner) => wellAlso(await drill.steady(context(inner)), run));
    const quiet = await holds(0, async () => {
      // What cannot be read does not linger: the alert gate says that it was not seen.
      if (watch.alerts?.isReachable !== true) return { ok: true, detail: 'alerts cannot be read: not looked at' };
      const lingering = watch.alerts.lingering();
      return {
        ok: lingering.length === 0,
        detail: lingering.length === 0 ? 'no alert lingers' : `still active: ${lingering.join('; ')}`,
      };
    });
    if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted while the stack healed');
    const broken = [...awaited, healed, steady, quiet].filter((one) => !one.ok);
    return broken.length === 0
      ? { ok: true, detail: healed.detail }
      : { ok: false, detail: broken.map((one) => one.detail).join('; ') };
  });
}
