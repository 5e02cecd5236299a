import { describe, expect, it } from 'vitest';
import type { GamedayEvent, JournalRecord } from '../../../src/journal/events.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import { RECORD_TEXT, recordText } from '../../../src/report/record-text.ts';
import { simStarted } from '../../support/sim-session.ts';

const writer = (origin: 'run' | 'guard', bootId: string): GamedayEvent => ({
  type: 'writer.started',
  ...{ origin, bootId, version: '0', pid: 1, host: 'h' },
});
const started = (acknowledged?: 'written-before-next'): GamedayEvent => ({
  type: 'session.started',
  ...simStarted([], '/lock'),
  ...(acknowledged === undefined ? {} : { acknowledged }),
});
const takeover: GamedayEvent = { type: 'takeover', by: 'guard', reason: 'gone' };

function text(...events: readonly GamedayEvent[]): string {
  return recordText(
    foldJournal(events.map((event, seq): JournalRecord => ({ v: 1, seq, at: 'at', t: seq, prev: '', ...event }))),
  );
}

describe('how complete the record of acknowledged writes is', () => {
  it('says what was promised', () => {
    expect(text(writer('run', 'b1'), started('written-before-next'))).toBe(`${RECORD_TEXT}.`);
  });

  it('tells a crash of gameday from one of its host', () => {
    const begun = [writer('run', 'b1'), started('written-before-next')];
    expect(text(...begun, writer('guard', 'b1'), takeover)).toContain('its host did not crash');
    expect(text(...begun, writer('guard', 'b2'), takeover)).toContain(
      'acknowledgements of up to 1s before that may be missing',
    );
  });

  it('says nothing of a journal whose version promised nothing', () => {
    expect(text(writer('run', 'b1'), started())).toBe('');
  });
});
