import { messageOf } from '../core/errors.ts';
import { stopAlertsWatch } from './abort-alerts.ts';
import { verifyErrorBudget } from './abort-limits.ts';
import { goneWatch, memberWatch, verifyNodes } from './abort-nodes.ts';
import { othersWatch } from './abort-others.ts';
import { type DrillRun, DrillStopped } from './drill-run.ts';

const WAIT_MS = 50;
const BUDGET_EVERY_MS = 200;
const TOLD_EVERY_MS = 1_000;
const INSPECT_EVERY_MS = 1_000;
const MEMBERS_EVERY_MS = 2_000;

/**
 * Looks at everything that ends a drill, from the request of the first fault until `stop` is called, whatever phase it is
 * in. What is found is handed to `end`, once.
 */
export function watchForAbort(run: DrillRun, end: (stopped: DrillStopped) => void): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const found = (error: unknown): void => {
    // Looks that were cut short by our own stopping say nothing.
    if (signal.aborted) return;
    stopping.abort();
    // A condition that cannot be looked at is no reason to believe that all is well.
    end(error instanceof DrillStopped ? error : new DrillStopped('error', `watching: ${messageOf(error)}`, error));
  };
  const watching = watchAll(run, signal).catch(found);
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function watchAll(run: DrillRun, signal: AbortSignal): Promise<void> {
  const { clock } = run.world;
  while (!signal.aborted && run.faults[0]?.requestedAt === undefined) await clock.sleep(WAIT_MS, signal);
  if (signal.aborted) return;
  const every = async (ms: number, look: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await look(signal);
      await clock.sleep(ms, signal);
    }
  };
  const others = othersWatch(run);
  const alerts = stopAlertsWatch(run);
  const members = memberWatch(run);
  const gone = goneWatch(run);
  // Side by side: a platform that hangs must not keep anybody from counting errors.
  await Promise.all([
    every(BUDGET_EVERY_MS, async () => verifyErrorBudget(run.watch.pulse, run.abort, run.drill.plan)),
    every(TOLD_EVERY_MS, others),
    every(TOLD_EVERY_MS, alerts),
    every(INSPECT_EVERY_MS, (inner) => verifyNodes(run, inner)),
    every(MEMBERS_EVERY_MS, async (inner) => {
      await members(inner);
      await gone(inner);
    }),
  ]);
}
