import type { JournalView, ScenarioView } from '../journal/view.ts';

/**
 * Why times of this scenario cannot be compared with each other; undefined when they can. CLOCK_MONOTONIC starts anew
 * with each boot, so no interval may cross two boots, and it never runs backwards.
 */
export function continuityProblem(scenario: ScenarioView, journal: JournalView): string | undefined {
  const from = scenario.started?.seq;
  if (from === undefined) return undefined;
  const to = scenario.ended?.seq ?? Number.POSITIVE_INFINITY;
  let before: number | undefined;
  for (const record of journal.records) {
    if (record.seq < from || record.seq > to) continue;
    if (record.type === 'writer.started') return 'another process went on with the journal in the middle of this drill';
    if (before !== undefined && record.t < before) return `the clock ran backwards at record ${record.seq}`;
    before = record.t;
  }
  return undefined;
}
