import type { GamedayEvent } from '../../journal/events.ts';
import { type DrillRun, inPhase } from '../drill-run.ts';
import { carryOut, leaveAlone, type NotRestored } from '../undo.ts';

/** Undoes every armed fault, last in first out, deaf to what cancelled the run. Returns the nodes that are not restored. */
export async function restorePhase(run: DrillRun): Promise<readonly NotRestored[]> {
  if (run.faults.length === 0) return [];
  const { world, platforms, recorder } = run;
  const settle = async (event: GamedayEvent): Promise<void> => {
    // Before the journal: its disk may be what hangs.
    if (event.type === 'undo.settled' && event.outcome === 'not-restored') run.onLeftDown(event);
    await recorder.attempt(event);
  };
  const deps = { clock: world.clock, processes: world.processes, platforms, recorder: { attempt: settle } };
  let left: readonly NotRestored[] = [];
  await inPhase(run, 'restore', async () => {
    // Requested in this order, not waited for: a node that is back while its peer is still away looks for it less often.
    const newestFirst = run.faults.toReversed();
    const ends = await Promise.all(
      newestFirst.map((fault) => (fault.requestedAt === undefined ? leaveAlone(fault, deps) : carryOut(fault, deps))),
    );
    left = ends.filter((end) => end !== undefined);
    return left.length === 0
      ? { ok: true, detail: 'every node inspected up' }
      : { ok: false, detail: `not restored: ${left.map(({ node }) => node).join(', ')}` };
  });
  return left;
}
