import { messageOf } from '../core/errors.ts';
import type { NodeRef } from '../core/node.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill, DrillContext } from '../core/scenario.ts';
import type { Phase, ScenarioOutcome } from '../journal/events.ts';
import type { World } from '../world/world.ts';
import type { AbortLimits } from './abort-limits.ts';
import type { Recorder } from './recorder.ts';
import type { ArmedUndo, NotRestored } from './undo.ts';
import type { Watch } from './watch.ts';

/** A fault that was armed in this run. `requestedAt`: when its request was journaled; undefined until a command is really given. */
export interface LiveFault extends ArmedUndo {
  readonly node: NodeRef;
  requestedAt?: number;
  provenAt?: number;
}

/** Everything the phases of one scenario share. */
export interface DrillRun {
  readonly drill: Drill;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly world: World;
  readonly recorder: Recorder;
  readonly watch: Watch;
  /** Aborts on an interrupt, an abort condition or a lost journal. Restore does not listen to it. */
  readonly signal: AbortSignal;
  readonly abort: AbortLimits;
  /** Nodes that the strike before this one had, by name; none for a first strike. */
  readonly struckBefore: readonly string[];
  /** Told of each node that could not be restored, at once. */
  readonly onLeftDown: (left: NotRestored) => void;
  /** In the order in which they were armed. */
  readonly faults: LiveFault[];
}

/** Ends the phases before restore, with what became of the scenario. */
export class DrillStopped extends Error {
  readonly outcome: ScenarioOutcome;

  constructor(outcome: ScenarioOutcome, reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'DrillStopped';
    this.outcome = outcome;
  }
}

/** A mistake in the program and not in the world: it is never the stack's fault, and the exit code says so. */
export function isOurOwn(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

export function platformOf(run: Pick<DrillRun, 'platforms'>, node: NodeRef): Platform {
  const platform = run.platforms.get(node.platform);
  if (platform === undefined) throw new Error(`${node.name}: platform ${node.platform} is not known`);
  return platform;
}

/** What ended the phases: a condition or a person that aborted the drill, or else an interrupt. */
export function stoppedBy(signal: AbortSignal): DrillStopped {
  return signal.reason instanceof DrillStopped ? signal.reason : new DrillStopped('interrupted', 'interrupted');
}

/** The context that a drill's own functions get for one phase. */
export function contextOf(run: DrillRun, startedAt: number): (signal: AbortSignal) => DrillContext {
  const { recorder, world, drill } = run;
  return (signal) => ({
    signal,
    elapsedMs: () => world.clock.now() - startedAt,
    gap: (kind, text) => recorder.gap(drill.plan.id, kind, text),
    note: (text) => recorder.note(drill.plan.id, text),
  });
}

/** Journals a phase's start and end around its work. The work's answer says what held. */
export async function inPhase(
  run: Pick<DrillRun, 'drill' | 'recorder'>,
  phase: Phase,
  work: () => Promise<{ readonly ok: boolean; readonly detail: string }>,
): Promise<boolean> {
  const scenario = run.drill.plan.id;
  await run.recorder.attempt({ type: 'phase.started', scenario, phase });
  try {
    const { ok, detail } = await work();
    await run.recorder.attempt({ type: 'phase.ended', scenario, phase, ok, detail });
    return ok;
  } catch (error) {
    // An interrupted phase has no end: whether its condition would have held is not known.
    if (!(error instanceof DrillStopped && error.outcome === 'interrupted')) {
      await run.recorder.attempt({ type: 'phase.ended', scenario, phase, ok: false, detail: messageOf(error) });
    }
    throw error;
  }
}
