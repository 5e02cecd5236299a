import { messageOf } from '../core/errors.ts';
import type { NodeRef, NodeState } from '../core/node.ts';
import { withDeadline } from '../world/await.ts';
import { type DrillRun, DrillStopped, type LiveFault, platformOf } from './drill-run.ts';

const INSPECT_DEADLINE_MS = 3_000;
const MEMBERS_DEADLINE_MS = 5_000;

/** A victim that is back before its time voids the measurement; a node that the drill never touched and that goes down ends it. */
export async function verifyNodes(run: DrillRun, signal: AbortSignal): Promise<void> {
  // Proven gone before it is asked for: an answer from before the proof says nothing.
  const gone = provenGone(run);
  await Promise.all(
    run.drill.plan.nodes.map(async (node) => {
      const { state, text } = await stateOf(run, node, signal);
      if (signal.aborted) return;
      const fault = gone.find((one) => one.node.name === node.name);
      if (fault !== undefined && (state === 'up' || state === 'starting')) await cameBack(run, fault, text);
      // A node whose turn came while it was being asked for is no untouched one any more.
      if (!isTouched(run, node.name) && (state === 'down' || state === 'paused'))
        await untouchedFell(run, `${node.name} went ${state}`);
    }),
  );
}

/**
 * Looks whether the evidence that a victim is gone still holds. An orphan that serves again is not seen by a platform
 * that knows the node by its processes. Twice in a row: a single look may be lost on a busy machine.
 */
export function goneWatch(run: DrillRun): (signal: AbortSignal) => Promise<void> {
  const { drill, world } = run;
  let before = new Set<string>();
  return async (signal) => {
    const now = new Set<string>();
    for (const { node } of provenGone(run)) {
      try {
        const evidence = await withDeadline(world.clock, MEMBERS_DEADLINE_MS, signal, (inner) =>
          drill.gone(node, inner),
        );
        if (evidence === undefined) now.add(node.name);
      } catch {
        // A look that failed says neither.
      }
    }
    for (const fault of provenGone(run)) {
      if (!signal.aborted && now.has(fault.node.name) && before.has(fault.node.name))
        await cameBack(
          run,
          fault,
          'what proved that it is gone does not hold any more: something answers in its place',
        );
    }
    before = now;
  };
}

function provenGone(run: DrillRun): readonly LiveFault[] {
  return run.faults.filter((fault) => fault.provenAt !== undefined);
}

async function cameBack(run: DrillRun, { fault, node }: LiveFault, detail: string): Promise<never> {
  await run.recorder.attempt({
    type: 'fault.returned',
    scenario: run.drill.plan.id,
    fault,
    node: node.name,
    detail,
  });
  throw new DrillStopped(
    'unproven',
    `${node.name} came back by itself before it was started again (${detail}): the measurement is void`,
  );
}

async function untouchedFell(run: DrillRun, seen: string): Promise<never> {
  const reason = `${seen}, and the drill had not touched it`;
  await run.recorder.gap(run.drill.plan.id, 'untouched-node', reason);
  throw new DrillStopped('aborted', reason);
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
      if (before.has(name) && !isTouched(run, name)) await untouchedFell(run, `${name} is gone (${evidence})`);
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

async function stateOf(
  run: DrillRun,
  node: NodeRef,
  signal: AbortSignal,
): Promise<{ readonly state: NodeState; readonly text: string }> {
  try {
    const platform = platformOf(run, node);
    const { state, detail } = await withDeadline(run.world.clock, INSPECT_DEADLINE_MS, signal, (inner) =>
      platform.inspect(node, inner),
    );
    return { state, text: `${platform.id} says ${state} (${detail})` };
  } catch (error) {
    if (!signal.aborted)
      await run.recorder.note(run.drill.plan.id, `${node.name} could not be inspected: ${messageOf(error)}`);
    return { state: 'unknown', text: '' };
  }
}

function isTouched(run: DrillRun, name: string): boolean {
  return run.faults.some((fault) => fault.node.name === name);
}
