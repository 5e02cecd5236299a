import { describe, expect, test } from 'vitest';
import { encode, envelop, GENESIS } from '../../../src/journal/codec.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { judgeSession } from '../../../src/verdict/judge.ts';
import { drill, TIMES } from '../../support/journal-builder.ts';
import { change, GATES, judge, judgeFile, judgeLines, peerDrill, resultOf } from '../../support/peer-drill.ts';

describe('a journal with a gap', () => {
  test('the journal stops in the middle', () => {
    const records = drill({ gates: GATES }).records;
    for (let length = 0; length < records.length; length += 1) {
      const judged = judgeSession(foldJournal(records.slice(0, length)));
      expect(judged.verdict).not.toBe('PASS');
      expect(judged.exit).not.toBe(0);
    }
  });

  test('a line is missing, or was changed', () => {
    const { lines } = drill({ gates: GATES });
    const cut = lines.filter((_, index) => index !== 9);
    const { records, problems } = readJournal(Buffer.from(`${cut.join('\n')}\n`));
    expect(judgeSession(foldJournal(records), problems)).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('whichever line is missing, in the file', () => {
    const { lines } = peerDrill();
    for (const left of lines.keys()) {
      const judged = judgeLines(lines.filter((_, index) => index !== left));
      expect(judged.verdict, `without line ${left + 1}`).not.toBe('PASS');
      expect(judged.exit, `without line ${left + 1}`).not.toBe(0);
    }
  });

  test('a record is missing, and somebody who knows the chain has closed it again', () => {
    const { records } = peerDrill();
    // The first record takes part in no hole: without it there is no journal that begins.
    for (const left of records.slice(1, -1).map((record) => record.seq)) {
      let prev = GENESIS;
      const lines = records
        .filter(({ seq }) => seq !== left)
        .map(({ v: _v, seq, at, t, prev: _prev, ...event }) => {
          const { line, hash } = encode(envelop(event, seq, at, t, prev));
          prev = hash;
          return line;
        });
      const judged = judgeLines(lines);
      expect(judged.verdict, `without record ${left}`).not.toBe('PASS');
      expect(judged.exit).not.toBe(0);
    }
  });
});

describe('time that cannot be compared', () => {
  test('another process, or another boot, went on with the journal', () => {
    const again = { type: 'writer.started', origin: 'recover', version: '0', pid: 3, host: 'h', bootId: 'c' } as const;
    expect(judge({ more: [[20_000, again]] })).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
  });

  test('the clock ran backwards', () => {
    const { records } = drill({ gates: GATES });
    const moved = records.map((record) =>
      record.type === 'fault.proven' ? { ...record, t: TIMES.steady - 1 } : record,
    );
    expect(judgeSession(foldJournal(moved)).verdict).toBe('INCONCLUSIVE');
  });

  test('the clock went backwards in the middle of the measurement', () => {
    // Some seconds are lived twice: whatever was measured across that moment means nothing.
    const { records } = peerDrill();
    const back = records.map((record) => (record.t > 20_000 ? { ...record, t: record.t - 18_000 } : record));
    const judged = judgeSession(foldJournal(back));
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    expect(judged.scenarios[0]?.why).toContain('the clock ran backwards');
  });

  test('an answer ended before its question', () => {
    const judged = judgeFile({ api: () => ['ok', -50] });
    for (const gate of ['api', 'run', 'bad-run']) expect(resultOf(judged, gate).status, gate).toBe('INCONCLUSIVE');
    expect(judged.verdict).toBe('INCONCLUSIVE');
  });

  test('the proof of the fault is older than its order', () => {
    const { records } = peerDrill();
    const moved = records.map((record) =>
      record.type === 'fault.requested' ? { ...record, t: TIMES.proven + 5_000 } : record,
    );
    expect(judgeSession(foldJournal(moved)).verdict).toBe('INCONCLUSIVE');
  });

  test('the tool itself stood still', () => {
    const stood = { type: 'suspended', ms: 5_000, since: 20_000, who: 'process' } as const;
    const judged = judgeFile({ more: [[25_000, stood]] });
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', exit: 3 });
    expect(judged.scenarios[0]?.why).toContain('gameday itself stood still for 5s');
  });

  test('a wall clock that jumps changes nothing: nobody measures with it', () => {
    const { records } = peerDrill();
    const jumped = records.map((record) => ({
      ...record,
      at: record.seq % 2 === 0 ? '1970-01-01T00:00:00.000Z' : record.at,
    }));
    expect(judgeSession(foldJournal(jumped)).verdict).toBe('PASS');
  });

  test('samples that were taken in another time than the drill', () => {
    for (const shift of [-1_000_000, 1_000_000]) {
      const judged = judgeFile({
        change: change('samples', (event) =>
          event.type === 'samples'
            ? {
                ...event,
                items: event.items.map(
                  ([scheduled, start, end, outcome]) =>
                    [scheduled + shift, start + shift, end + shift, outcome] as const,
                ),
              }
            : event,
        ),
      });
      expect(resultOf(judged, 'run').status).toBe('INCONCLUSIVE');
      expect(judged.verdict).not.toBe('PASS');
    }
  });
});
