import type { AlertSource } from '../core/alert.ts';
import { messageOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill } from '../core/scenario.ts';
import type { ScenarioOutcome } from '../journal/events.ts';
import type { World } from '../world/world.ts';
import type { AbortLimits } from './abort-limits.ts';
import { verifyNodes } from './abort-nodes.ts';
import type { AbortRequest } from './abort-request.ts';
import { watchForAbort } from './abort-watch.ts';
import { type DrillRun, DrillStopped, isOurOwn, stoppedBy } from './drill-run.ts';
import type { LedgerRunner } from './ledger-runner.ts';
import { injectPhase } from './phases/inject.ts';
import { observePhase } from './phases/observe.ts';
import { restorePhase } from './phases/restore.ts';
import { steadyPhase } from './phases/steady.ts';
import { verifyPhase } from './phases/verify.ts';
import type { Recorder } from './recorder.ts';
import type { StrikeBefore } from './second-strike.ts';
import type { NotRestored } from './undo.ts';
import { Watch } from './watch.ts';

export interface ScenarioInput {
  readonly drill: Drill;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly alerts: AlertSource | undefined;
  readonly world: World;
  readonly recorder: Recorder;
  /** Aborts on an interrupt or a lost journal. */
  readonly signal: AbortSignal;
  /** Aborts when the guard is lost: nothing may stay broken then, but what was broken is looked at to its end. */
  readonly unguarded: AbortSignal;
  readonly abort: AbortLimits;
  /** Somebody may ask for the drill's end at any time. */
  readonly request: AbortRequest;
  /** What the strike before left, where this is a second strike. */
  readonly before: StrikeBefore | undefined;
  /** A second strike comes behind: what was written stays until that one is over. */
  readonly keepData: boolean;
  readonly onLeftDown: (left: NotRestored) => void;
}

export interface ScenarioEnd {
  readonly outcome: ScenarioOutcome;
  /** False ends the session: a node is not restored, the stack is not healed, or the drill was cut short. */
  readonly mayGoOn: boolean;
  /** The nodes were struck as planned, and the stack was seen well again afterwards. */
  readonly healed: boolean;
  /** Names of the nodes that were struck. */
  readonly struck: readonly string[];
  /** Workloads whose data are still there (`keepData`). */
  readonly kept: readonly LedgerRunner[];
  readonly notRestored: readonly NotRestored[];
}

/**
 * Takes one drill through its phases. Whatever happens on the way, every armed fault is undone before this resolves,
 * and it never rejects.
 */
export async function runScenario(input: ScenarioInput): Promise<ScenarioEnd> {
  const { drill, platforms, world, recorder, signal, abort, request } = input;
  const { id } = drill.plan;
  await recorder.attempt({ type: 'scenario.started', scenario: id });
  const watch = new Watch(drill, platforms, input.alerts, world.clock, recorder, input.before?.kept);
  const ended = new AbortController();
  for (const asked of [signal, input.unguarded, request.signal]) passOn(asked, ended);
  const run: DrillRun = {
    drill,
    platforms,
    world,
    recorder,
    watch,
    signal: ended.signal,
    abort,
    struckBefore: input.before?.struck ?? [],
    onLeftDown: input.onLeftDown,
    faults: [],
  };

  let stopped = await phasesBeforeRestore(run, (condition) => ended.abort(condition));
  const notRestored = await restorePhase(run);
  const restored = notRestored.length === 0;
  let healed = true;
  if (run.faults.length > 0 && restored && stopped?.outcome !== 'interrupted') {
    try {
      // Aborted or not: whether the stack heals and what was lost has to be known.
      healed = await verifyPhase({ ...run, signal });
      await watch.audit();
    } catch (error) {
      healed = false;
      stopped ??= stopOf(error);
      await watch.leaveUnaudited(stopped.message);
    }
  } else if (run.faults.length > 0) {
    await watch.leaveUnaudited(restored ? 'the drill was interrupted' : 'a node is not restored');
  }
  const kept = await watch.stop(input.keepData);
  if (stopped === undefined && request.reason !== undefined) stopped = await aborted(run, request.reason);

  const outcome = stopped?.outcome ?? 'completed';
  const goesOn = outcome !== 'aborted' && outcome !== 'interrupted' && outcome !== 'error';
  const mayGoOn = restored && healed && goesOn && request.reason === undefined;
  const internal = stopped?.cause !== undefined && isOurOwn(stopped.cause) ? { internal: true } : {};
  const reason = stopped?.message ?? '';
  await recorder.attempt({ type: 'scenario.ended', scenario: id, outcome, reason, ...internal });
  const struck = run.faults.map((fault) => fault.node.name);
  return { outcome, mayGoOn, healed: mayGoOn && outcome === 'completed', struck, kept, notRestored };
}

function passOn(from: AbortSignal, to: AbortController): void {
  if (from.aborted) to.abort(from.reason);
  else from.addEventListener('abort', () => to.abort(from.reason), { once: true });
}

async function phasesBeforeRestore(
  run: DrillRun,
  end: (condition: DrillStopped) => void,
): Promise<DrillStopped | undefined> {
  try {
    await steadyPhase(run);
    const watching = watchForAbort(run, end);
    try {
      await injectPhase(run);
      await observePhase(run);
      // Once more right before the way back: what happened since the last look is seen too.
      await verifyNodes(run, run.signal);
    } finally {
      await watching.stop();
    }
    // Something may have been found in the very moment in which the last phase was done.
    if (run.signal.aborted) throw stoppedBy(run.signal);
    return undefined;
  } catch (error) {
    const stopped = whyStopped(run, error);
    return stopped.outcome === 'aborted' ? aborted(run, stopped.message) : stopped;
  }
}

/** What a phase found out by itself goes before what ended it from outside; that goes before the phase's plain word of it. */
function whyStopped(run: DrillRun, error: unknown): DrillStopped {
  if (!run.signal.aborted) return stopOf(error);
  if (error instanceof DrillStopped && error.outcome !== 'interrupted') return error;
  const by = stoppedBy(run.signal);
  return by.outcome === 'interrupted' && error instanceof DrillStopped ? error : by;
}

/** An abort is a failed drill only where something was broken. */
async function aborted(run: DrillRun, reason: string): Promise<DrillStopped> {
  if (run.faults.every((fault) => fault.requestedAt === undefined))
    return new DrillStopped('not-injected', `aborted before anything was broken: ${reason}`);
  await run.recorder.attempt({ type: 'abort', scenario: run.drill.plan.id, reason });
  return new DrillStopped('aborted', reason);
}

function stopOf(error: unknown): DrillStopped {
  return error instanceof DrillStopped ? error : new DrillStopped('error', messageOf(error), error);
}
