import dayjs from 'dayjs';
import utc from 'dayjs/plugin/utc.js';

dayjs.extend(utc);

/** Wall time in ms since the epoch as `2026-11-20T09:30:00.123Z`. All times gameday writes are UTC. */
export function isoUtc(wallMs: number): string {
  return dayjs.utc(wallMs).format('YYYY-MM-DDTHH:mm:ss.SSS[Z]');
}

/** `2026-11-20T09-30-00Z`: sorts as text and is safe in a file name on every system. */
export function folderStamp(wallMs: number): string {
  return dayjs.utc(wallMs).format('YYYY-MM-DDTHH-mm-ss[Z]');
}

/** `09:30:00.123` from an ISO time, for tables in which the date stands elsewhere. */
export function clockOf(iso: string): string {
  return dayjs.utc(iso).format('HH:mm:ss.SSS');
}

/** Wall time in ms since the epoch of an ISO time; undefined where it is none. */
export function wallOf(iso: string): number | undefined {
  const ms = dayjs.utc(iso).valueOf();
  return Number.isFinite(ms) ? ms : undefined;
}

/** The ISO time `deltaMs` after (or, negative, before) another: places a sample on the wall clock beside the line it stands in. */
export function shiftIso(iso: string, deltaMs: number): string {
  return isoUtc(Math.round(dayjs.utc(iso).valueOf() + deltaMs));
}
