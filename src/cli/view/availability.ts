import { formatDuration } from '../../core/duration.ts';

/** Availability is that of the last ten seconds. */
const WINDOW_MS = 10_000;

/** `at`: its start, CLOCK_MONOTONIC in ms. */
export interface Look {
  readonly at: number;
  readonly good: boolean;
}

/**
 * `good for users, last 10s: websocket 0%, sticky 50%, api and requests 100%`: the worst first, so that a narrow terminal
 * shows it. Empty where nobody looked. `now` is CLOCK_MONOTONIC in ms.
 */
export function availabilityText(looksOf: ReadonlyMap<string, readonly Look[]>, now: number): string {
  const byPercent = new Map<number, string[]>();
  for (const [series, looks] of looksOf) {
    const recent = looks.filter((look) => look.at >= now - WINDOW_MS);
    if (recent.length === 0) continue;
    const good = recent.filter((look) => look.good).length;
    // Rounded down: 100 % is said only when every look was good.
    const percent = Math.floor((good / recent.length) * 1_000) / 10;
    byPercent.set(percent, [...(byPercent.get(percent) ?? []), series]);
  }
  const parts = [...byPercent]
    .sort(([a], [b]) => a - b)
    .map(([percent, series]) => `${listed(series)} ${percent}%`)
    .join(', ');
  return parts === '' ? '' : `good for users, last ${formatDuration(WINDOW_MS)}: ${parts}`;
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
