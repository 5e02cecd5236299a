import { formatDuration } from '../core/duration.ts';

/** One part of a time that adds up: `{ name: 'demote', ms: 30000 }`. */
export interface Part {
  readonly name: string;
  readonly ms: number;
}

export function totalMs(parts: readonly Part[]): number {
  return parts.reduce((sum, { ms }) => sum + ms, 0);
}

/** The arithmetic for people: `20s unhealthy + 30s demote = 50s of 1m00s`. */
export function sumText(parts: readonly Part[], limitMs: number): string {
  const sum = parts.map(({ name, ms }) => `${formatDuration(ms)} ${name}`).join(' + ');
  return `${sum} = ${formatDuration(totalMs(parts))} of ${formatDuration(limitMs)}`;
}
