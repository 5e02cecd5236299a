import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encode, envelop, GENESIS, sha256 } from '../../../src/journal/codec.ts';
import type { WriterStarted } from '../../../src/journal/events.ts';
import { type JournalContent, readJournal } from '../../../src/journal/reader.ts';
import { drill } from '../../support/journal-builder.ts';
import {
  closedBySuccessor,
  goOn,
  type JournalLines,
  journalLines,
  lineAt,
  linesOf,
  note,
  SEAL,
  successor,
} from '../../support/journal-lines.ts';
import { simDrill } from '../../support/sim-drill.ts';
import { runSim } from '../../support/sim-session.ts';

const RUNS = 120;

const journals: JournalLines[] = [];
/** Of each journal by its name, the lines that are records. */
const recordLines = new Map<string, ReadonlySet<number>>();

beforeAll(async () => {
  const built = Buffer.from(
    drill()
      .lines.map((line) => `${line}\n`)
      .join(''),
  );
  const sealed = goOn(built, [SEAL]);
  journals.push(journalLines('a drill', sealed));
  const torn = built.subarray(0, -500);
  journals.push(journalLines('a drill whose writer died in a line', closedBySuccessor(torn)));
  const second = goOn(torn, [successor(torn)]);
  journals.push(journalLines('one after two deaths', closedBySuccessor(second.subarray(0, -40))));
  journals.push(journalLines('one that was closed twice', closedBySuccessor(sealed)));
  // Written seldom: a journal of a thousand lines tells no more than one of two hundred.
  const pace = { apiMs: 250, rolesMs: 200, writesMs: 1_000 };
  const { world } = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { pace })] });
  journals.push(
    journalLines('a simulated session', (await world.fs.readBytes('/srv/sessions/one/journal.jsonl')) ?? built),
  );
});

/** Lines that are said to be wrong. A crash is none of them. */
function named(bytes: Uint8Array): readonly number[] {
  const { problems } = readJournal(bytes);
  return problems.filter((one) => one.kind !== 'crash').map((one) => one.line);
}

const each = [
  'a drill',
  'a drill whose writer died in a line',
  'one after two deaths',
  'one that was closed twice',
  'a simulated session',
];

function of(name: string): JournalLines {
  const found = journals.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no journal ${name}`);
  return found;
}

/** The line and those in which the chain may show it: the next record, and a torn line whose writer does not vouch for it any more. */
function near({ name, bytes }: JournalLines, line: number): readonly number[] {
  const records = recordLines.get(name) ?? new Set(readJournal(bytes).places.map((place) => place.line));
  recordLines.set(name, records);
  const next = [...records].find((one) => one > line) ?? line + 1;
  const lines = Array.from({ length: next - line + 1 }, (_, index) => line + index);
  for (let torn = line - 1; torn > 0 && !records.has(torn); torn -= 1) lines.push(torn);
  return lines;
}

/** Of the last line the chain sees all but what only its own hash would tell: that is for the head to find. */
function expectFound(one: JournalLines, line: number, changed: Uint8Array): void {
  const [first] = named(changed);
  if (line === one.starts.length - 1 && first === undefined)
    expect(readJournal(changed).head).not.toBe(readJournal(one.bytes).head);
  else expect(near(one, line)).toContain(first);
}

describe.each(each)('%s', (name) => {
  it('has nothing wrong', () => {
    const content: JournalContent = readJournal(of(name).bytes);
    expect(content.problems.filter((one) => one.kind !== 'crash')).toEqual([]);
    expect(content.records.at(-1)?.type).toBe('session.sealed');
    expect(content.problems.length).toBe(/died|deaths/.test(name) ? 1 : 0);
  });

  it('shows every changed byte, in its line or the next', () => {
    const one = of(name);
    fc.assert(
      fc.property(fc.nat(one.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const line = lineAt(one, at);
        const changed = Buffer.from(one.bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expectFound(one, line, changed);
      }),
      { numRuns: RUNS },
    );
  });

  it('shows every inserted byte, in its line or the next', () => {
    const one = of(name);
    fc.assert(
      fc.property(fc.nat(one.bytes.length), fc.nat(255), (at, byte) => {
        const line = lineAt(one, at);
        const changed = Buffer.concat([one.bytes.subarray(0, at), Buffer.from([byte]), one.bytes.subarray(at)]);
        expectFound(one, line, changed);
      }),
      { numRuns: RUNS },
    );
  });

  it('shows every removed byte, in its line or the next', () => {
    const one = of(name);
    fc.assert(
      fc.property(fc.nat(one.bytes.length - 1), (at) => {
        const line = lineAt(one, at);
        const changed = Buffer.concat([one.bytes.subarray(0, at), one.bytes.subarray(at + 1)]);
        expectFound(one, line, changed);
      }),
      { numRuns: RUNS },
    );
  });

  it('shows every pair of lines that changed places, at the first of them', () => {
    const one = of(name);
    const lines = linesOf(one);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(lines.length - 1), (a, b) => {
        fc.pre(a !== b);
        const swapped = lines.with(a, lines[b] ?? Buffer.alloc(0)).with(b, lines[a] ?? Buffer.alloc(0));
        const first = Math.min(a, b) + 1;
        expect(near(one, first)).toContain(named(Buffer.concat(swapped))[0]);
      }),
      { numRuns: RUNS },
    );
  });

  it('shows every line that stands twice or in another place, at it or behind it', () => {
    const one = of(name);
    const lines = linesOf(one);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(lines.length), (from, to) => {
        const copied = lines.toSpliced(to, 0, lines[from] ?? Buffer.alloc(0));
        expect([...near(one, to + 1), ...near(one, to)]).toContain(named(Buffer.concat(copied))[0]);
      }),
      { numRuns: RUNS },
    );
  });

  it('shows every removed line but the last, at the one that stands there now', () => {
    const one = of(name);
    const lines = linesOf(one);
    for (let index = 0; index < lines.length - 1; index += 1)
      expect(near(one, index + 1), `without line ${index + 1}`).toContain(
        named(Buffer.concat(lines.toSpliced(index, 1)))[0],
      );
  });

  it('shows a line that somebody wrote who knows the chain, behind it', () => {
    const one = of(name);
    const lines = linesOf(one);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: lines.length - 1 }), (to) => {
        const before = Buffer.concat(lines.slice(0, to));
        const { records, head, tornTail } = readJournal(before);
        // Behind a torn line nothing can be written but what the next writer vouches for.
        fc.pre(tornTail === undefined);
        const forged = envelop(note('all is well'), (records.at(-1)?.seq ?? -1) + 1, 'at', 1, head);
        const all = Buffer.concat([before, Buffer.from(`${encode(forged).line}\n`), ...lines.slice(to)]);
        // Everything below it stands one line further down than it did.
        const around = [...near(one, to + 1), ...near(one, to)];
        expect([...around, ...around.map((line) => line + 1)]).toContain(named(all)[0]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a writer that goes on', () => {
  const before = Buffer.from(
    drill()
      .lines.map((line) => `${line}\n`)
      .join(''),
  );

  it('may find any number of bytes of a line, all of them too, and what stands behind is read', () => {
    const last = linesOf(journalLines('', before)).at(-1) ?? Buffer.alloc(0);
    const whole = readJournal(before).records.length;
    for (let cut = 1; cut < last.length; cut += 1) {
      const content = readJournal(closedBySuccessor(before.subarray(0, -cut)));
      // A line that lacks nothing but its newline is a record like any other.
      expect(content.problems, `${cut} bytes less`).toMatchObject(cut === 1 ? [] : [{ line: whole, kind: 'crash' }]);
      expect(content.records.at(cut === 1 ? whole : whole - 1)?.type).toBe('writer.started');
      expect(content.places.at(-1)?.line).toBe(whole + 4);
    }
  });

  it('may itself die at any byte, and the next one too', () => {
    const torn = before.subarray(0, -100);
    const second = closedBySuccessor(torn);
    for (let size = torn.length + 1; size < torn.length + 400; size += 1) {
      const { problems, records } = readJournal(closedBySuccessor(second.subarray(0, size)));
      expect(
        problems.filter((one) => one.kind !== 'crash'),
        `died after ${size - torn.length} bytes`,
      ).toEqual([]);
      expect(records.at(-1)?.type).toBe('session.sealed');
    }
  });

  it('vouches for exactly what it found: not for another line, not for one that was read before', () => {
    const torn = before.subarray(0, -100);
    const { tornTail } = readJournal(torn);
    const writer = successor(torn);
    for (const wrong of [
      { ...writer, tornBytes: (tornTail?.bytes ?? 0) + 1 },
      { ...writer, tornBytes: (tornTail?.bytes ?? 0) - 1 },
      { ...writer, sha256: sha256('x') },
      { ...writer, tornBytes: 0 },
      { ...writer, tornBytes: -5 },
    ])
      expect(named(goOn(torn, [wrong, SEAL])), JSON.stringify(wrong)).toEqual([readJournal(before).records.length]);
    const lines = linesOf(journalLines('', before));
    const last = lines.at(-1) ?? Buffer.alloc(0);
    const denies: WriterStarted = { ...writer, tornBytes: last.length - 1, sha256: sha256(last.subarray(0, -1)) };
    expect(named(goOn(before, [denies, SEAL]))).toEqual([lines.length + 1]);
  });

  it('says that it began, or what it writes behind a seal is no part of the journal', () => {
    const sealed = goOn(before, [SEAL]);
    const forged = goOn(sealed, [note('it went well'), SEAL]);
    expect(readJournal(forged).problems).toMatchObject([
      {
        line: readJournal(sealed).records.length + 1,
        kind: 'seal',
        text: expect.stringContaining('after the journal was sealed'),
      },
    ]);
  });

  it('seals the line before and no other', () => {
    const { records, head } = readJournal(before);
    const wrong = envelop({ type: 'session.sealed', head: GENESIS }, records.length, 'at', 1, head);
    const bytes = Buffer.concat([before, Buffer.from(`${encode(wrong).line}\n`)]);
    expect(readJournal(bytes).problems).toMatchObject([{ line: records.length + 1, kind: 'seal' }]);
  });

  it('is not to take lines of a newer version for torn ones', () => {
    const newer = Buffer.concat([before, Buffer.from('{"v":99,"seq":1,"type":"x"}\n')]);
    expect(readJournal(newer)).toMatchObject({ tornTail: undefined, problems: [{ kind: 'unreadable' }] });
  });
});
