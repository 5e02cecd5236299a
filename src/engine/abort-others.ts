import { formatDuration } from '../core/duration.ts';
import { type DrillRun, DrillStopped } from './drill-run.ts';

/** What the API's health calls a component that cannot be used at all. */
const OUT = 'unhealthy';
/** One bad check on a busy machine is no outage: it must last. */
const LASTS_MS = 5_000;

/**
 * Other stacks as the API's health tells of them, from the first fault on. One that goes out ends the drill; one that
 * needs the drilled stack is journaled and does not.
 */
export function othersWatch(run: DrillRun): () => Promise<void> {
  const { drill, watch, recorder } = run;
  const { id, stack } = drill.plan;
  const { components = {}, needs = {} } = run.abort;
  const others = Object.entries(components).filter(([, behind]) => behind !== stack);
  // Whatever was out before the fault is not the fault's doing, and what was never told of cannot be watched.
  const watched = others.filter(([component]) => (watch.pulse.fact(component)?.value ?? OUT) !== OUT);
  const blind = others.filter((one) => !watched.includes(one));
  let told = false;
  return async () => {
    if (!told && blind.length > 0) {
      told = true;
      const names = blind.map(([component, behind]) => `${component} (${behind})`).join(', ');
      await recorder.note(id, `other stacks cannot be watched, no probe called them well before the fault: ${names}`);
    }
    for (const [component, behind] of watched) {
      const fact = watch.pulse.fact(component);
      if (fact === undefined || fact.value !== OUT || fact.lastMs - fact.sinceMs < LASTS_MS) continue;
      const seen = `the API calls ${component} (${behind}) ${OUT}`;
      if (needs[behind]?.includes(stack) !== true) {
        const lasted = formatDuration(fact.lastMs - fact.sinceMs);
        throw new DrillStopped('aborted', `${seen} for ${lasted}, and this drill is about ${stack}`);
      }
      await recorder.note(id, `${seen}: it needs ${stack}, which is being drilled`);
    }
  };
}
