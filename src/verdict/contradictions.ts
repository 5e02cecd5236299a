import { formatDuration } from '../core/duration.ts';
import type { Evidence } from '../core/gate.ts';
import type { ScenarioView } from '../journal/view.ts';
import { tolerableHoleMs } from './coverage.ts';
import { factLooks, timelineOf, valueAt } from './facts.ts';
import { seriesOf } from './looks.ts';
import { countText } from './text.ts';

/** Two witnesses of one thing that cannot both be right. */
export interface Contradiction {
  readonly text: string;
  /** Surely for so long, in ms. */
  readonly lastedMs: number;
  /** When both had surely been said, CLOCK_MONOTONIC in ms. */
  readonly t: number;
  readonly evidence: Evidence;
}

/** A component looks at its dependency each second or so, and may be late: for less than this nobody is contradicted. */
export const CONTRADICTION_MS = 10_000;

/** A store knows its own quorum at once: for less than this it may still hang on what was under way. */
const STORE_CONTRADICTION_MS = 5_000;

/** A time in which something surely held, and how many looks said so. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly looks: number;
  readonly evidence: Evidence;
}

/** All that says something else of writes than became of them. */
export function contradictionsOf(scenario: ScenarioView): readonly Contradiction[] {
  return [...ofComponent(scenario), ...ofStore(scenario)];
}

/** A store whose own health says that it takes writes while every one fails, surely for several seconds. */
function ofStore(scenario: ScenarioView): readonly Contradiction[] {
  const { probes, ledgers } = scenario.plan;
  return probes.flatMap(({ name, writable }) =>
    writable === undefined
      ? []
      : ledgers.flatMap((ledger) => {
          const said = stretchesOfValue(scenario, name, writable.key, writable.value);
          const claim = `${name} says ${writable.value} for ${writable.key}, which is that it takes writes,`;
          return overlaps(said, stretchesOfWrites(scenario, ledger.name, 'bad'), STORE_CONTRADICTION_MS).map(
            ({ one, other, at }) => ({
              text: `${claim} for at least ${formatDuration(at.lastedMs)}, while every write of ${ledger.name} failed (${countText(other.looks)} in a row)`,
              ...at,
              evidence: one.evidence,
            }),
          );
        }),
  );
}

/**
 * What the component of the drilled stack calls itself against what became of writes to that stack: healthy while every
 * one failed, or unhealthy while every one was acknowledged, surely for longer than `leastMs`. `degraded` contradicts nobody.
 */
export function ofComponent(scenario: ScenarioView, leastMs = CONTRADICTION_MS): readonly Contradiction[] {
  const { component, probes, ledgers } = scenario.plan;
  if (component === undefined) return [];
  return probes
    .filter((probe) => probe.health === true)
    .flatMap(({ name }) =>
      ledgers.flatMap((ledger) =>
        (['healthy', 'unhealthy'] as const).flatMap((word) => {
          const said = stretchesOfValue(scenario, name, component, word);
          const wrote = stretchesOfWrites(scenario, ledger.name, word === 'healthy' ? 'bad' : 'good');
          const became = word === 'healthy' ? 'failed' : 'was acknowledged';
          return overlaps(said, wrote, leastMs).map(({ one, other, at }) => ({
            text: `${name} calls ${component} ${word} for at least ${formatDuration(at.lastedMs)}, while every write of ${ledger.name} ${became} (${countText(other.looks)} in a row)`,
            ...at,
            evidence: one.evidence,
          }));
        }),
      ),
    );
}

/** Where a stretch of what was said and one of writes surely lasted together for longer than `leastMs`. */
function overlaps(
  said: readonly Stretch[],
  wrote: readonly Stretch[],
  leastMs: number,
): readonly { readonly one: Stretch; readonly other: Stretch; readonly at: Pick<Contradiction, 't' | 'lastedMs'> }[] {
  return said.flatMap((one) =>
    wrote.flatMap((other) => {
      const t = Math.max(one.fromMs, other.fromMs);
      const lastedMs = Math.min(one.toMs, other.toMs) - t;
      return lastedMs > leastMs ? [{ one, other, at: { t, lastedMs } }] : [];
    }),
  );
}

/** Answered looks in a row that all read this value; one that got no answer for too long ends it. */
function stretchesOfValue(scenario: ScenarioView, probe: string, key: string, value: string): readonly Stretch[] {
  const timeline = timelineOf(scenario, probe, key);
  const series = seriesOf(scenario, { probe });
  if (timeline === undefined || series === undefined) return [];
  const gapMs = tolerableHoleMs(series);
  const found: Stretch[] = [];
  let open: Stretch | undefined;
  for (const look of factLooks(scenario, probe)) {
    if (valueAt(timeline, look.endedAt)?.value !== value) {
      open = undefined;
      continue;
    }
    const goesOn = open !== undefined && look.startedAt - open.toMs <= gapMs;
    if (open !== undefined && goesOn) {
      found.pop();
      open = { ...open, toMs: look.startedAt, looks: open.looks + 1 };
    } else {
      open = { fromMs: look.endedAt, toMs: look.startedAt, looks: 1, evidence: look.evidence };
    }
    found.push(open);
  }
  return found;
}

/** Writes in a row that all failed, or were all acknowledged: from the first one's end to the last one's start. */
function stretchesOfWrites(scenario: ScenarioView, ledger: string, kind: 'good' | 'bad'): readonly Stretch[] {
  const series = seriesOf(scenario, { ledger });
  if (series === undefined) return [];
  const gapMs = tolerableHoleMs(series);
  const found: Stretch[] = [];
  let open: Stretch | undefined;
  for (const look of series.looks) {
    if (look.class !== kind) {
      open = undefined;
      continue;
    }
    if (open !== undefined && look.startedAt - Math.max(open.toMs, open.fromMs) <= gapMs) {
      found.pop();
      open = { ...open, fromMs: Math.min(open.fromMs, look.endedAt), toMs: look.startedAt, looks: open.looks + 1 };
    } else {
      open = { fromMs: look.endedAt, toMs: look.startedAt, looks: 1, evidence: { seq: look.seq, index: look.index } };
    }
    found.push(open);
  }
  return found;
}
