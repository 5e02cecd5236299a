import { messageOf } from '../core/errors.ts';
import type { NodeRef } from '../core/node.ts';
import { withDeadline } from '../world/await.ts';
import { type DrillRun, DrillStopped, platformOf } from './drill-run.ts';

const INSPECT_DEADLINE_MS = 3_000;
const MEMBERS_DEADLINE_MS = 5_000;

/** A victim that is back before its time voids the measurement; a node that the drill never touched and that goes down ends it. */
export async function verifyNodes(run: DrillRun, signal: AbortSignal): Promise<void> {
  // Proven gone before it is asked for: an answer from before the proof says nothing.
  const gone = new Set(run.faults.filter((fault) => fault.provenAt !== undefined).map((fault) => fault.node.name));
  await Promise.all(
    run.drill.plan.nodes.map(async (node) => {
      const state = await stateOf(run, node, signal);
      if (signal.aborted) return;
      if (gone.has(node.name) && (state === 'up' || state === 'starting'))
        throw new DrillStopped(
          'unproven',
          `${node.name} came back by itself before it was started again: the measurement is void`,
        );
      // A node whose turn came while it was being asked for is no untouched one any more.
      if (!isTouched(run, node.name) && (state === 'down' || state === 'paused'))
        throw new DrillStopped('aborted', `${node.name} went ${state}, and the drill had not touched it`);
    }),
  );
}

/**
 * Looks for members that the platform calls up and that are gone all the same: the drill names them, and independent
 * evidence (a refused connection) agrees, twice in a row. A member that is merely not in its place yet is not gone: a
 * standby that is being promoted is none.
 */
export function memberWatch(run: DrillRun): (signal: AbortSignal) => Promise<void> {
  const { drill, world, recorder } = run;
  const { id, nodes } = drill.plan;
  let before = new Map<string, string>();
  let told = false;
  return async (signal) => {
    let names: readonly string[];
    try {
      names = await withDeadline(world.clock, MEMBERS_DEADLINE_MS, signal, (inner) => drill.membersDown(inner));
    } catch (error) {
      if (signal.aborted || told) return;
      told = true;
      await recorder.note(id, `which members are down could not be asked, only the platform was: ${messageOf(error)}`);
      return;
    }
    const missing = nodes.filter(({ name }) => names.includes(name) && !isTouched(run, name));
    const now = new Map<string, string>();
    await Promise.all(
      missing.map(async (node) => {
        const evidence = await evidenceOf(run, node, signal);
        if (evidence !== undefined) now.set(node.name, evidence);
      }),
    );
    for (const [name, evidence] of now) {
      if (before.has(name) && !isTouched(run, name))
        throw new DrillStopped('aborted', `${name} is gone (${evidence}), and the drill had not touched it`);
    }
    before = now;
  };
}

async function evidenceOf(run: DrillRun, node: NodeRef, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await withDeadline(run.world.clock, MEMBERS_DEADLINE_MS, signal, (inner) => run.drill.gone(node, inner));
  } catch {
    // No evidence: whatever hindered the look, it does not say that the node is gone.
    return undefined;
  }
}

async function stateOf(run: DrillRun, node: NodeRef, signal: AbortSignal): Promise<string> {
  try {
    const { state } = await withDeadline(run.world.clock, INSPECT_DEADLINE_MS, signal, (inner) =>
      platformOf(run, node).inspect(node, inner),
    );
    return state;
  } catch (error) {
    if (!signal.aborted)
      await run.recorder.note(run.drill.plan.id, `${node.name} could not be inspected: ${messageOf(error)}`);
    return 'unknown';
  }
}

function isTouched(run: DrillRun, name: string): boolean {
  return run.faults.some((fault) => fault.node.name === name);
}
