import { clockOf, shiftIso } from '../core/time.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { JournalView } from '../journal/view.ts';
import { formatOffset } from './lines.ts';

/** A point of the journal: a monotonic time, and the line that tells what boot and what wall time it belongs to. */
export interface Moment {
  readonly seq: number;
  /** CLOCK_MONOTONIC in ms. */
  readonly t: number;
}

/** Places moments on the wall clock and in order. Built once for a journal. */
export interface Moments {
  /** `2026-11-20T09:30:12.345Z`. */
  iso(moment: Moment): string;
  /** `09:30:12.345Z`, and ` +00:04.62` when there is a fault on the same boot to count from. */
  stamp(moment: Moment, fault: Moment | undefined): string;
  /** For sorting: by boot, then by time, then by line. Monotonic times of two boots cannot be compared. */
  compare(a: Moment, b: Moment): number;
}

export function momentsOf(view: JournalView): Moments {
  const records = new Map<number, JournalRecord>();
  const boots = new Map<number, number>();
  let boot = 0;
  let bootId: string | undefined;
  for (const record of view.records) {
    if (record.type === 'writer.started' && record.bootId !== bootId) {
      if (bootId !== undefined) boot += 1;
      bootId = record.bootId;
    }
    records.set(record.seq, record);
    boots.set(record.seq, boot);
  }
  const bootOf = (moment: Moment): number => boots.get(moment.seq) ?? 0;
  const iso = (moment: Moment): string => {
    const record = records.get(moment.seq);
    if (record === undefined) return 'unknown time';
    return record.t === moment.t ? record.at : shiftIso(record.at, moment.t - record.t);
  };
  return {
    iso,
    stamp(moment, fault) {
      const clock = `${clockOf(iso(moment))}Z`;
      return fault === undefined || bootOf(fault) !== bootOf(moment)
        ? clock
        : `${clock} ${formatOffset(moment.t - fault.t)}`;
    },
    compare: (a, b) => bootOf(a) - bootOf(b) || a.t - b.t || a.seq - b.seq,
  };
}

/** Where the judged part of a journal ends: a seal comes after the report and is no part of it. */
export function headOf(view: JournalView): JournalRecord | undefined {
  return view.ended ?? view.records.findLast((record) => record.type !== 'session.sealed');
}
