import { formatDuration } from '../core/duration.ts';
import type { Punctuality } from '../verdict/punctuality.ts';
import { countText } from '../verdict/text.ts';
import { missedBecause } from './words.ts';

/** How one series of looks kept to its schedule. All text. */
export interface ReportLooking {
  readonly name: string;
  readonly rate: string;
  readonly looks: string;
  readonly lateness: string;
  readonly missed: string;
}

export function lookingModel({ name, intervalMs, looks, lateness, missed }: Punctuality): ReportLooking {
  const reasons = (['late', 'in-flight', 'stood-still'] as const).filter((reason) => missed[reason] > 0);
  return {
    name,
    rate: `each ${formatDuration(intervalMs)}`,
    looks: countText(looks),
    lateness:
      lateness === undefined
        ? 'not recorded'
        : `${finely(lateness.p50Ms)} / ${finely(lateness.p99Ms)} / ${finely(lateness.maxMs)}`,
    missed:
      reasons.length === 0
        ? 'none'
        : reasons.map((reason) => `${countText(missed[reason])} ${missedBecause(reason)}`).join(', '),
  };
}

/** Lateness is mostly under a millisecond. */
function finely(ms: number): string {
  return ms < 100 ? `${ms.toFixed(1)}ms` : formatDuration(ms);
}
