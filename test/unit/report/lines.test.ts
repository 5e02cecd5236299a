import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GamedayEvent, JournalRecord } from '../../../src/journal/events.ts';
import { formatOffset, logLine, newLineState } from '../../../src/report/lines.ts';
import { drillA, ms, ReportJournal } from '../../support/report-journal.ts';

function render(records: readonly JournalRecord[]): readonly string[] {
  const state = newLineState();
  return records.flatMap((record) => logLine(record, state));
}

/** Lines of events in scenario A, one each second, without time and scenario. */
function texts(...events: GamedayEvent[]): readonly string[] {
  const journal = new ReportJournal();
  for (const [index, event] of events.entries()) journal.add(index, event);
  return render(journal.records).map((line) => line.slice(37));
}

const waiting = (detail: string, ok = false): GamedayEvent => ({
  type: 'waiting',
  scenario: 'A',
  phase: 'observe',
  ok,
  detail,
});

function samples(...outcomes: ('ok' | 'refused' | 'http429')[]): GamedayEvent {
  return {
    type: 'samples',
    scenario: 'A',
    probe: 'api',
    items: outcomes.map((outcome, index) => [ms(index), ms(index), ms(index + 0.1), outcome]),
  };
}

it('say the outcome of a drill and the verdict of a session once', () => {
  const ended = (reason: string): GamedayEvent => ({
    type: 'scenario.ended',
    scenario: 'A',
    outcome: 'interrupted',
    reason,
  });
  expect(texts(ended('interrupted'))[0]).toMatch(/ended: interrupted$/u);
  expect(texts(ended('by SIGINT'))[0]).toMatch(/ended: interrupted: by SIGINT$/u);
  const session: GamedayEvent = {
    type: 'session.ended',
    verdict: 'PASS',
    exit: 0,
    detail: 'PASS: 1 of 1 drills passed',
  };
  expect(texts(session)[0]).toContain('exit 0: PASS: 1 of 1 drills passed');
  expect(texts(session)[0]).not.toContain('PASS, exit');
});

it('one line stands for all gates of a drill that was not run', () => {
  const result = {
    measured: 'not measured',
    limit: '',
    uncertainty: '',
    value: null,
    unit: 'none',
    evidence: [],
  } as const;
  const judged = (gate: string, reason: string): GamedayEvent => ({
    type: 'gate.judged',
    scenario: 'A',
    gate,
    result: { ...result, status: 'INCONCLUSIVE', reason },
  });
  const said = texts(judged('rto', 'this drill was not run'), judged('data', 'this drill was not run'));
  expect(said).toEqual([expect.stringContaining('INCONCLUSIVE, each gate: this drill was not run')]);
  expect(texts(judged('rto', 'a'), judged('data', 'b'))).toHaveLength(2);
});

describe('the lines of a drill', () => {
  const lines = render(drillA().records);

  it('carry UTC time, scenario, time since the fault, kind, and name the node', () => {
    expect(lines).toContain(
      '2026-11-20T09:30:20.300Z A +00:00.30 fault    pg-1 is gone, proven: no process left; connection to 127.0.0.1:5433 refused',
    );
    expect(lines).toContain('2026-11-20T09:30:01.000Z A           phase    steady begins');
    expect(lines).toContain('2026-11-20T09:30:47.000Z -           session  PASS, exit 0: 1 of 1 drills passed');
  });

  it('say when a series turned bad and good again, with its own time', () => {
    expect(lines).toContain(
      '2026-11-20T09:30:20.020Z A +00:00.02 ledger   writes is bad: indeterminate: connection ended',
    );
    expect(lines).toContain(
      '2026-11-20T09:30:24.610Z A +00:04.61 ledger   writes is good again after 4.59s, 2 bad in a row',
    );
    expect(lines.filter((line) => line.includes(' probe    api is '))).toHaveLength(2);
  });

  it('are the same live and replayed from the bytes', () => {
    const bytes = drillA().records.map((record) => JSON.stringify(record));
    expect(render(bytes.map((line) => JSON.parse(line) as JournalRecord))).toEqual(lines);
  });

  it('are one each, with no control character', () => {
    for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
  });
});

describe('one line at a time', () => {
  it('says what is waited for when the words change, else every five seconds', () => {
    const journal = new ReportJournal();
    for (let tick = 0; tick < 24; tick += 1)
      journal.add(tick * 0.5, waiting(`writes refused for ${tick / 2}s, pg-2 is secondary`));
    expect(render(journal.records)).toHaveLength(3);
    expect(
      texts(waiting('pg-1 is secondary'), waiting('pg-2 is secondary'), waiting('pg-2 is secondary')),
    ).toHaveLength(2);
    expect(texts(waiting('held', false), waiting('held', true))).toHaveLength(2);
  });

  it('sums up a series that flaps within one batch', () => {
    const flapping = samples('ok', 'refused', 'ok', 'refused', 'ok', 'refused', 'ok', 'refused');
    expect(texts(flapping)).toEqual(['probe    api is unsteady: 4 of 8 bad, now: api is bad: refused']);
  });

  it('says nothing about a series that begins well, and sets 429 apart', () => {
    expect(texts(samples('ok', 'ok'))).toEqual([]);
    expect(texts(samples('ok', 'http429'))).toEqual(['probe    api is neither good nor bad: http429']);
  });

  it('mentions missed looks at most every five seconds, and counts them all', () => {
    const missed: GamedayEvent = {
      type: 'probe.missed',
      scenario: 'A',
      probe: 'api',
      count: 1,
      firstScheduledAt: 1,
      lastScheduledAt: 1,
      reason: 'in-flight',
    };
    expect(texts(missed, missed, missed, missed, missed, missed)).toEqual([
      'probe    api: 1 look missed (too many in flight)',
      'probe    api: 5 looks missed (too many in flight)',
    ]);
    const late: GamedayEvent = { ...missed, reason: 'late', count: 7 };
    const ended: GamedayEvent = { type: 'scenario.ended', scenario: 'A', outcome: 'completed', reason: '' };
    expect(texts(missed, late, missed, late, ended, ended)).toEqual([
      'probe    api: 1 look missed (too many in flight)',
      'probe    api: 7 looks missed (could not start in time)',
      'probe    api: 1 look missed (too many in flight)',
      'probe    api: 7 looks missed (could not start in time)',
      'drill    drill A ended: completed',
      'drill    drill A ended: completed',
    ]);
  });

  it('tells a log line once that its server wrote twice', () => {
    const log = (line: string, count = 1): GamedayEvent => ({
      type: 'log.matched',
      scenario: 'A',
      expectation: 'DOWN',
      node: 'haproxy',
      count,
      line,
    });
    const [down, prefixed] = ['Server api/api-2 is DOWN', '[WARNING] (23393) : Server api/api-2 is DOWN'];
    expect(texts(log(prefixed), log(down))).toHaveLength(1);
    expect(texts(log(down), log(prefixed))).toHaveLength(1);
    expect(texts(log(prefixed), log('Server api/api-1 is DOWN'))).toHaveLength(2);
    expect(texts(log(down), log(prefixed, 4))).toHaveLength(2);
    // The very same words again are another line.
    expect(texts(log(down), log(down))).toHaveLength(2);
  });

  it("tells a log line's own time where it is another", () => {
    const log = (writtenAt: string): GamedayEvent => ({
      type: 'log.matched',
      scenario: 'A',
      expectation: 'DOWN',
      node: 'haproxy',
      count: 1,
      line: 'x',
      writtenAt,
    });
    const [old] = texts(log('2001-01-01T00:00:00.000Z'));
    expect(old).toContain('haproxy (DOWN, written 2001-01-01T00:00:00.000Z): x');
  });

  it('strips escapes from a log line, a node and a waiting text', () => {
    const hostile = 'evil\u001b[2J\u001b]0;x\u0007\r\nFAKE';
    const lines = texts(
      { type: 'log.matched', scenario: 'A', expectation: 'e', node: hostile, count: 1, line: hostile },
      waiting(hostile),
      { type: 'gap', scenario: 'A', kind: 'k', text: hostile },
    );
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}]/u);
    expect(lines[2]).toBe('gap      k: evil]0;x FAKE');
  });

  it('names the command when a node was not restored', () => {
    const [line] = texts({
      type: 'undo.settled',
      scenario: 'A',
      fault: 'A1',
      node: 'pg-1',
      outcome: 'not-restored',
      verifiedBy: '',
      detail: 'still down after 60s',
      byHand: 'gameday lab start pg-1',
    });
    expect(line).toBe('undo     pg-1 is NOT RESTORED: still down after 60s. By hand: gameday lab start pg-1');
  });

  it('writes offsets as minutes, seconds and hundredths', () => {
    expect([0, 4_620, 65_004, -4, -30, 3_661_000].map(formatOffset)).toEqual([
      '+00:00.00',
      '+00:04.62',
      '+01:05.00',
      '+00:00.00',
      '-00:00.03',
      '+61:01.00',
    ]);
  });

  it('renders any part of a journal, in any order, without throwing', () => {
    const { records } = drillA();
    fc.assert(
      fc.property(fc.shuffledSubarray(records), (some) => {
        render(some);
      }),
    );
  });
});

describe('what was read back', () => {
  const counts = { lost: 0, recovered: 0, unexpected: 0, duplicated: 0, corrupted: 0, stale: 0, lostIds: [] };
  const audited = (seeds: { readonly seeds?: number }): GamedayEvent => ({
    type: 'ledger.audited',
    scenario: 'A',
    ledger: 'objects',
    audits: [{ replica: 'minio-1', acked: 146, ...seeds, ...counts }],
  });

  it('says how many of it no write of the drill put there', () => {
    expect(texts(audited({ seeds: 10 })).join()).toContain(
      'minio-1: 146 acknowledged (10 of them put before the drill’s writes), 0 lost',
    );
    expect(texts(audited({})).join()).toContain('minio-1: 146 acknowledged, 0 lost');
  });
});
