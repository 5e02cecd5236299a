import type { Condition } from '../../core/scenario.ts';
import { type HoldOptions, hold, makeWaiting } from '../conditions.ts';
import { contextOf, type DrillRun, DrillStopped, inPhase } from '../drill-run.ts';
import { wellAlso } from './steady.ts';

/** After the undo: service is back, the stack has healed itself, its steady state holds, and no alert of ours lingers. */
export async function verifyPhase(run: DrillRun): Promise<boolean> {
  const { drill, world, recorder, signal } = run;
  const { id, recoversAfter, verifyMs, healDeadlineMs } = drill.plan;
  return inPhase(run, 'verify', async () => {
    const startedAt = world.clock.now();
    const context = contextOf(run, startedAt);
    const holds = (options: Pick<HoldOptions, 'check' | 'until'> & { readonly holdMs?: number }) =>
      hold({
        clock: world.clock,
        signal,
        holdMs: 0,
        deadlineMs: Math.max(0, startedAt + healDeadlineMs - world.clock.now()),
        say: makeWaiting(world.clock, recorder, id, 'verify'),
        ...options,
      });

    const awaited: Condition[] = [];
    if (recoversAfter === 'undo') {
      const recovered = await holds({ check: (inner) => drill.recovered(context(inner)) });
      awaited.push(recovered);
      if (recovered.ok) await recorder.record({ type: 'recovered', scenario: id, detail: recovered.detail });
    }
    // Side by side: the steady state has to hold for a while and until the end, whatever is still waited for meanwhile.
    let others = 2;
    const healing = holds({ check: (inner) => drill.healed(context(inner)) });
    const quieting = holds({ check: async () => quietNow(run) });
    for (const one of [healing, quieting]) void one.finally(() => (others -= 1)).catch(() => undefined);
    const steadying = holds({
      holdMs: verifyMs,
      until: () => others === 0,
      check: async (inner) => wellAlso(await drill.steady(context(inner)), run),
    });
    const [healed, steady, quiet] = await Promise.all([healing, steadying, quieting]);
    if (signal.aborted) throw new DrillStopped('interrupted', 'interrupted while the stack healed');
    const broken = [...awaited, healed, steady, quiet].filter((one) => !one.ok);
    return broken.length === 0
      ? { ok: true, detail: healed.detail }
      : { ok: false, detail: broken.map((one) => one.detail).join('; ') };
  });
}

/** What cannot be read does not linger: the alert gate says that it was not seen. */
function quietNow({ watch }: DrillRun): Condition {
  if (watch.alerts?.isReachable !== true) return { ok: true, detail: 'alerts cannot be read: not looked at' };
  const lingering = watch.alerts.lingering();
  return {
    ok: lingering.length === 0,
    detail: lingering.length === 0 ? 'no alert lingers' : `still active: ${lingering.join('; ')}`,
  };
}
