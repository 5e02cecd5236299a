import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordOf } from '../src/journal/events.ts';
import { foldJournal } from '../src/journal/fold.ts';
import { readJournal } from '../src/journal/reader.ts';
import type { JournalView, PhaseView, ScenarioView } from '../src/journal/view.ts';
import { figure, type Metric, printTable } from './results.ts';

/** Wall time of a session over what its drills had to wait for. */
export async function benchOverhead(session: string | undefined): Promise<readonly Metric[]> {
  if (session === undefined) {
    process.stdout.write('tool overhead: not measured, name the folder of a session with --session\n');
    return [];
  }
  const { records } = readJournal(await readFile(join(session, 'journal.jsonl')));
  const view = foldJournal(records);
  const drills = view.scenarios.filter((one) => one.ended !== undefined && one.faults.length > 0);
  const rows = drills.map((one) => ({ id: one.plan.id, wallMs: wallOf(one), waitedMs: waitedIn(one, view) }));
  const first = view.records[0]?.t ?? Number.NaN;
  const total = {
    id: 'session',
    wallMs: (view.ended?.t ?? Number.NaN) - first,
    waitedMs: rows.reduce((sum, one) => sum + one.waitedMs, 0),
  };
  printTable([
    ['drill', 'wall, s', 'had to wait, s', 'ratio'],
    ...[...rows, total].map(({ id, wallMs, waitedMs }) => [
      id,
      figure(wallMs / 1_000),
      figure(waitedMs / 1_000),
      (wallMs / waitedMs).toFixed(3),
    ]),
  ]);
  const { wallMs, waitedMs } = total;
  return [
    {
      name: `tool overhead: wall time of ${rows.map(({ id }) => id).join('')} over what was waited for`,
      unit: 'ratio',
      better: 'less',
      values: [wallMs / waitedMs],
    },
  ];
}

function wallOf({ started, ended }: ScenarioView): number {
  return (ended?.t ?? Number.NaN) - (started?.t ?? Number.NaN);
}

/**
 * What no tool could have spared this drill: the times that its plan sets, and those until the stack did what was waited
 * for. All else is the tool's: checks before the drill, writing, the last moment of every poll.
 */
export function waitedIn(scenario: ScenarioView, { records }: JournalView): number {
  const { plan, phases, faults, recovered, alerts } = scenario;
  const waiting = records.filter(
    (one): one is RecordOf<'waiting'> => one.type === 'waiting' && one.scenario === plan.id && !one.ok,
  );
  /** From the start of a phase to the last of these moments in it; 0 when there is none. */
  const until = (name: PhaseView['phase'], moments: readonly number[], least = 0): number => {
    const phase = phases.findLast((one) => one.phase === name);
    if (phase?.endedAt === undefined) return 0;
    const { startedAt, endedAt } = phase;
    return Math.max(least, ...moments.filter((at) => at >= startedAt && at <= endedAt).map((at) => at - startedAt));
  };
  const notYet = (name: PhaseView['phase']): readonly number[] =>
    waiting.filter((one) => one.phase === name).map((one) => one.t);
  const between = (from: number | undefined, to: number | undefined): number =>
    from === undefined || to === undefined ? 0 : to - from;
  const lastProven = Math.max(...faults.map((fault) => fault.proven?.t ?? -Infinity));
  const undone = Math.max(...faults.map((fault) => fault.undoSettled?.t ?? -Infinity));
  const ordered = Math.min(...faults.map((fault) => fault.undoRequested?.t ?? Infinity));
  return (
    until('steady', notYet('steady')) +
    plan.steadyMs +
    between(faults[0]?.requested?.t, faults.at(-1)?.proven?.t) +
    until('observe', [lastProven + plan.outageMs, recovered?.t ?? 0, ...alerts.map((one) => one.t)]) +
    Math.max(0, undone - ordered) +
    until('verify', [...notYet('verify'), ...alerts.map((one) => one.t)], plan.verifyMs)
  );
}
