import type { GamedayEvent } from '../../journal/events.ts';
import { type DrillRun, inPhase, type LiveFault } from '../drill-run.ts';
import { carryOut, leaveAlone } from '../undo.ts';

/** Undoes every armed fault, last in first out, deaf to what cancelled the run. Returns what a person must type for each node that is not restored. */
export async function restorePhase(run: DrillRun): Promise<readonly string[]> {
  if (run.faults.length === 0) return [];
  const { world, platforms, recorder } = run;
  const settle = async (event: GamedayEvent): Promise<void> => {
    // Before the journal: its disk may be what hangs.
    if (event.type === 'undo.settled' && event.outcome === 'not-restored') run.onLeftDown(event);
    await recorder.attempt(event);
  };
  const deps = { clock: world.clock, processes: world.processes, platforms, recorder: { attempt: settle } };
  let left: readonly LiveFault[] = run.faults;
  await inPhase(run, 'restore', async () => {
    // Requested in this order, not waited for: a node that is back while its peer is still away looks for it less often.
    const newestFirst = run.faults.toReversed();
    const restored = await Promise.all(
      newestFirst.map((fault) => (fault.requestedAt === undefined ? leaveAlone(fault, deps) : carryOut(fault, deps))),
    );
    left = newestFirst.filter((_, index) => restored[index] !== true);
    return left.length === 0
      ? { ok: true, detail: 'every node inspected up' }
      : { ok: false, detail: `not restored: ${left.map((fault) => fault.node.name).join(', ')}` };
  });
  return left.map((fault) => fault.undo.byHand);
}
