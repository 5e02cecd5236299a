import { formatDuration } from '../core/duration.ts';
import { type Interval, rangeText } from './intervals.ts';
import type { SeriesView } from './looks.ts';

/** `1,204`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 write`, `2 writes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `4.49s to 4.62s, a write each 50ms`. */
export function uncertaintyText(interval: Interval, series: Pick<SeriesView, 'noun' | 'intervalMs'>): string {
  return `${rangeText(interval)}, ${rateText(series)}`;
}

export function rateText(series: Pick<SeriesView, 'noun' | 'intervalMs'>): string {
  return `${series.noun} each ${formatDuration(series.intervalMs)}`;
}
