import type { AlertSource } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill } from '../core/scenario.ts';
import type { ScenarioOutcome } from '../journal/events.ts';
import type { World } from '../world/world.ts';
import { type DrillRun, DrillStopped } from './drill-run.ts';
import { injectPhase } from './phases/inject.ts';
import { observePhase } from './phases/observe.ts';
import { restorePhase } from './phases/restore.ts';
import { steadyPhase } from './phases/steady.ts';
import { verifyPhase } from './phases/verify.ts';
import type { Recorder } from './recorder.ts';
import { Watch } from './watch.ts';

export interface ScenarioInput {
  readonly drill: Drill;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly alerts: AlertSource | undefined;
  readonly world: World;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly abortErrorRunMs: number;
}

export interface ScenarioEnd {
  readonly outcome: ScenarioOutcome;
  /** False ends the session: a node is not restored, the stack is not healed, or the drill was cut short. */
  readonly mayGoOn: boolean;
  /** What a person must type for each node that could not be restored. */
  readonly notRestored: readonly string[];
}

/**
 * Takes one drill through its phases. Whatever happens on the way, every armed fault is undone before this resolves,
 * and it never rejects.
 */
export async function runScenario(input: ScenarioInput): Promise<ScenarioEnd> {
  const { drill, platforms, world, recorder, signal } = input;
  const { id } = drill.plan;
  await recorder.attempt({ type: 'scenario.started', scenario: id });
  const watch = new Watch(drill, platforms, input.alerts, world.clock, recorder);
  const run: DrillRun = {
    drill,
    platforms,
    world,
    recorder,
    watch,
    signal,
    abortErrorRunMs: input.abortErrorRunMs,
    faults: [],
  };

  let stopped = await phasesBeforeRestore(run);
  const notRestored = await restorePhase(run);
  const restored = notRestored.length === 0;
  let healed = true;
  if (run.faults.length > 0 && restored && stopped?.outcome !== 'interrupted') {
    try {
      healed = await verifyPhase(run);
      await watch.audit();
    } catch (error) {
      healed = false;
      stopped ??= stopOf(error);
      await watch.leaveUnaudited(stopped.message);
    }
  } else if (run.faults.length > 0) {
    await watch.leaveUnaudited(restored ? 'the drill was interrupted' : 'a node is not restored');
  }
  await watch.stop();

  const outcome = stopped?.outcome ?? 'completed';
  const mayGoOn = restored && healed && outcome !== 'aborted' && outcome !== 'interrupted' && outcome !== 'error';
  const internal = stopped?.cause !== undefined && isOurOwn(stopped.cause) ? { internal: true } : {};
  const reason = stopped?.message ?? '';
  await recorder.attempt({ type: 'scenario.ended', scenario: id, outcome, reason, ...internal });
  return { outcome, mayGoOn, notRestored };
}

async function phasesBeforeRestore(run: DrillRun): Promise<DrillStopped | undefined> {
  try {
    await steadyPhase(run);
    await injectPhase(run);
    await observePhase(run);
    return undefined;
  } catch (error) {
    const stopped =
      run.signal.aborted && !(error instanceof DrillStopped)
        ? new DrillStopped('interrupted', 'interrupted')
        : stopOf(error);
    if (stopped.outcome === 'aborted')
      await run.recorder.attempt({ type: 'abort', scenario: run.drill.plan.id, reason: stopped.message });
    return stopped;
  }
}

function stopOf(error: unknown): DrillStopped {
  return error instanceof DrillStopped ? error : new DrillStopped('error', messageOf(error), error);
}

/** A mistake in the program and not in the world: it is never the stack's fault, and the exit code says so. */
function isOurOwn(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}
