import { isLook } from '../journal/entries.ts';
import type { ProbeMissed } from '../journal/events.ts';
import type { ScenarioView } from '../journal/view.ts';

/** How well one series of looks kept to its schedule: what the tool can say about itself. */
export interface Punctuality {
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Looks that gave a sample. */
  readonly looks: number;
  /** From the scheduled start of a look to its real one. Undefined where no look says: older versions wrote none down for workloads. */
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } | undefined;
  /** Ticks that gave no sample, by reason. */
  readonly missed: Readonly<Record<ProbeMissed['reason'], number>>;
}

/** Of each probe and workload of a scenario, in the plan's order. */
export function punctualityOf({ plan, samples, entries, missed }: ScenarioView): readonly Punctuality[] {
  const missedBy = (name: string, reason: ProbeMissed['reason']): number =>
    missed.filter((one) => one.probe === name && one.reason === reason).reduce((sum, one) => sum + one.count, 0);
  const about = ({ name, intervalMs, timeoutMs }: ScenarioView['plan']['probes'][number]) => ({
    name,
    intervalMs,
    timeoutMs,
    missed: {
      late: missedBy(name, 'late'),
      'in-flight': missedBy(name, 'in-flight'),
      'stood-still': missedBy(name, 'stood-still'),
    },
  });
  return [
    ...plan.probes.map((probe) => {
      const looks = samples.get(probe.name) ?? [];
      const late = looks.map(({ scheduledAt, startedAt }) => startedAt - scheduledAt).filter(Number.isFinite);
      return { ...about(probe), looks: looks.length, lateness: spreadOf(late) };
    }),
    ...plan.ledgers.map((ledger) => {
      const writes = (entries.get(ledger.name) ?? []).filter(isLook);
      const late = writes.flatMap(({ lateMs }) => (lateMs === undefined ? [] : [lateMs]));
      return { ...about(ledger), looks: writes.length, lateness: spreadOf(late) };
    }),
  ];
}

function spreadOf(values: readonly number[]): Punctuality['lateness'] {
  const sorted = Float64Array.from(values).sort();
  const at = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
  return sorted.length === 0 ? undefined : { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
