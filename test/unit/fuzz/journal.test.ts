import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, GENESIS } from '../../../src/journal/codec.ts';
import type { JournalRecord } from '../../../src/journal/events.ts';
import { foldJournal } from '../../../src/journal/fold.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { armedFaults } from '../../../src/journal/view.ts';
import { resultJson } from '../../../src/report/json.ts';
import { logLine, newLineState } from '../../../src/report/lines.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { buildReport } from '../../../src/report/model.ts';
import { scheduleRow } from '../../../src/report/schedule.ts';
import { summaryTable } from '../../../src/report/summary.ts';
import { judgeSession, type SessionJudgement } from '../../../src/verdict/judge.ts';
import { anyJson, damaged, edited, editsOf } from '../../support/garbage.ts';
import { drill, OWN_GATES } from '../../support/journal-builder.ts';

/** A drill in which everything held. The note at its end is there for the line before it: no chain vouches for a last line. */
const GOOD = drill({
  gates: OWN_GATES,
  more: [[99_000, { type: 'note', scenario: null, text: 'the last line' }]],
}).records;

/** The bytes of these records in this order, with numbers and hashes that are right: forged by somebody who knows how. */
function forge(bodies: readonly object[]): Uint8Array {
  let prev = GENESIS;
  const lines = bodies.map((body, seq) => {
    const { line, hash } = encode({ ...body, seq, prev } as unknown as JournalRecord);
    prev = hash;
    return line;
  });
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Everything that is ever made of a journal. None of it may throw. */
function readAll(bytes: Uint8Array): SessionJudgement {
  const content = readJournal(bytes);
  const view = foldJournal(content.records);
  const judgement = judgeSession(view, content.problems);
  armedFaults(view);
  JSON.stringify(resultJson(view, judgement));
  summaryTable(view, judgement, { report: 'report.md', head: content.head });
  scheduleRow(view, judgement);
  const state = newLineState();
  for (const record of content.records) logLine(record, state);
  if (view.started !== undefined)
    renderMarkdown(buildReport(view, judgement, content.problems), '{{headline}}{{#scenarios}}{{title}}{{/scenarios}}');
  return judgement;
}

const verdictOf = (bytes: Uint8Array) => readAll(bytes).verdict;

describe('a journal', { timeout: 60_000 }, () => {
  it('of a drill in which everything held is PASS, so that the rest of this file means something', () => {
    expect(verdictOf(forge(GOOD))).toBe('PASS');
  });

  it('of any bytes can be read, and is never PASS', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(verdictOf(bytes)).not.toBe('PASS');
      }),
      { numRuns: 300 },
    );
  });

  it('that was damaged anywhere but at its very end can be read, and is never PASS', () => {
    const good = Buffer.from(forge(GOOD)).toString('utf8');
    const lastLine = good.lastIndexOf('\n', good.length - 2) + 1;
    fc.assert(
      fc.property(editsOf(good), (edit) => {
        const text = edited(good, edit);
        // The same again, or cut at the end of a line: nothing to be found without the head.
        fc.pre(!good.startsWith(text) && text.slice(0, lastLine) !== good.slice(0, lastLine));
        expect(verdictOf(Buffer.from(text))).not.toBe('PASS');
      }),
      { numRuns: 80 },
    );
  });

  it('of which a bit was flipped can be read, and is never PASS', () => {
    const good = Buffer.from(forge(GOOD));
    const lastLine = good.lastIndexOf(0x0a, good.length - 2);
    fc.assert(
      fc.property(fc.nat(lastLine), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(verdictOf(changed)).not.toBe('PASS');
      }),
      { numRuns: 80 },
    );
  });
});

describe('a forged journal, whose chain is right', { timeout: 60_000 }, () => {
  const types = [...new Set(GOOD.map((record) => record.type)), 'takeover', 'suspended', 'check', 'gap', 'nonsense'];

  it('of random events can be read, and is never PASS', () => {
    const body = fc
      .tuple(fc.constantFrom(...types), fc.dictionary(fc.string(), anyJson, { maxKeys: 6 }), fc.nat(100_000))
      .map(([type, fields, t]) => ({ v: 1, at: '2026-01-01T00:00:00.000Z', t, ...fields, type }));
    fc.assert(
      fc.property(fc.array(body, { maxLength: 12 }), (bodies) => {
        expect(verdictOf(forge(bodies))).not.toBe('PASS');
      }),
      { numRuns: 300 },
    );
  });

  it('in which any event was changed can be read', () => {
    const place = fc.nat(GOOD.length - 1).chain((at) => damaged(GOOD[at]).map((body) => ({ at, body })));
    fc.assert(
      fc.property(place, ({ at, body }) => {
        const bodies = GOOD.map((record, index) => (index === at ? body : record)) as readonly object[];
        fc.pre(typeof body === 'object' && body !== null && !Array.isArray(body));
        readAll(forge(bodies));
      }),
      { numRuns: 120 },
    );
  });

  it('in which any event stands twice, or two have changed places, can be read', () => {
    const places = fc.tuple(fc.nat(GOOD.length - 1), fc.nat(GOOD.length - 1));
    fc.assert(
      fc.property(places, fc.boolean(), ([one, other], twice) => {
        const bodies = [...GOOD];
        const moved = bodies[one] as JournalRecord;
        if (!twice) bodies[one] = bodies[other] as JournalRecord;
        bodies[other] = moved;
        readAll(forge(bodies));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    'session.started',
    'phase.ended',
    'undo.armed',
    'fault.requested',
    'fault.proven',
    'undo.settled',
    'ledger.entries',
    'ledger.audited',
    'scenario.ended',
  ] as const)('from which every %s was taken proves nothing', (type) => {
    expect(GOOD.some((record) => record.type === type)).toBe(true);
    expect(verdictOf(forge(GOOD.filter((record) => record.type !== type)))).not.toBe('PASS');
  });

  it('of which a field that must be there is missing, anywhere, proves nothing', () => {
    const judgedBy = [
      'undo.armed',
      'fault.requested',
      'fault.proven',
      'undo.settled',
      'ledger.audited',
      'session.started',
    ];
    for (const [at, record] of GOOD.entries()) {
      if (!judgedBy.includes(record.type)) continue;
      for (const key of Object.keys(record)) {
        // Numbers and hashes are forged anew, and older versions wrote no `reach`.
        if (['seq', 'prev', 'reach'].includes(key)) continue;
        const { [key as 'type']: _, ...rest } = record;
        expect(
          verdictOf(forge(GOOD.map((one, index) => (index === at ? rest : one)))),
          `${record.type} ${key}`,
        ).not.toBe('PASS');
      }
    }
  });
});
