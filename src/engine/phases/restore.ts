import { type DrillRun, inPhase, type LiveFault } from '../drill-run.ts';
import { carryOut } from '../undo.ts';

/** Undoes every armed fault, last in first out, deaf to what cancelled the run. Returns what a person must type for each node that is not restored. */
export async function restorePhase(run: DrillRun): Promise<readonly string[]> {
  if (run.faults.length === 0) return [];
  const left: LiveFault[] = [];
  const { world, platforms, recorder } = run;
  await inPhase(run, 'restore', async () => {
    // One after the other: a node that starts while its peer is still coming up may wait long before it tries again.
    for (const fault of run.faults.toReversed()) {
      const restored = await carryOut(fault, { clock: world.clock, processes: world.processes, platforms, recorder });
      if (!restored) left.push(fault);
    }
    return left.length === 0
      ? { ok: true, detail: 'every node inspected up' }
      : { ok: false, detail: `not restored: ${left.map((fault) => fault.node.name).join(', ')}` };
  });
  return left.map((fault) => fault.undo.byHand);
}
