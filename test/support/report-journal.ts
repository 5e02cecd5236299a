import { isoUtc } from '../../src/core/time.ts';
import { encode, envelop, GENESIS } from '../../src/journal/codec.ts';
import type { GamedayEvent, JournalRecord, SessionStarted } from '../../src/journal/events.ts';
import { doneInA } from './report-drill-done.ts';
import { SEEN_IN_A } from './report-drill-seen.ts';
import { BOOT, ms, sessionStarted } from './report-plan.ts';

export { ms, planA, sessionStarted } from './report-plan.ts';

/** 2026-11-20T09:30:00Z, where the monotonic clock says `BOOT`. */
const WALL = 1_795_167_000_000;

/** Makes records at chosen seconds of one session; the hash chain is right. */
export class ReportJournal {
  readonly records: JournalRecord[] = [];
  private prev = GENESIS;

  /** `seconds` since the session began. */
  add(seconds: number, event: GamedayEvent): this {
    const t = ms(seconds);
    const record = envelop(event, this.records.length, isoUtc(WALL + t - BOOT), t, this.prev);
    this.prev = encode(record).hash;
    this.records.push(record);
    return this;
  }
}

/** One drill from start to seal: pg-1 is stopped at 20 s, writes are back after 4.6 s, everything is restored. */
export function drillA(started: SessionStarted = sessionStarted()): ReportJournal {
  const journal = new ReportJournal();
  const events = [...doneInA(started), ...SEEN_IN_A].sort(([a], [b]) => a - b);
  for (const [seconds, event] of events) journal.add(seconds, event);
  return journal;
}
