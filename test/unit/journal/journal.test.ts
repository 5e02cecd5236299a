import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENESIS, sha256 } from '../../../src/journal/codec.ts';
import type { GamedayEvent, JournalRecord } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { MemorySink } from '../../support/memory-sink.ts';

const note = (text: string): GamedayEvent => ({ type: 'note', scenario: null, text });

function writerOver(sink: MemorySink, from = { seq: 0, prev: GENESIS }, seen: JournalRecord[] = []): JournalWriter {
  let t = 0;
  return new JournalWriter({
    sink,
    now: () => {
      t += 1;
      return t;
    },
    at: () => '2026-01-01T00:00:00.000Z',
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
    from,
    onRecord: (record) => seen.push(record),
  });
}

async function journalOf(...texts: string[]): Promise<Uint8Array> {
  const sink = new MemorySink();
  const writer = writerOver(sink);
  for (const text of texts) await writer.record(note(text));
  await writer.close();
  return sink.bytes();
}

describe('the writer', () => {
  it('chains each line to the bytes of the line before, and seals the end', async () => {
    const bytes = await journalOf('one', 'two');
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
    const content = readJournal(bytes);
    expect(content.problems).toEqual([]);
    expect(content.records.map((record) => record.type)).toEqual(['note', 'note', 'session.sealed']);
    expect(content.records[0]?.prev).toBe(GENESIS);
    expect(content.records[1]?.prev).toBe(sha256(lines[0] ?? ''));
    expect(content.records[2]).toMatchObject({ type: 'session.sealed', head: sha256(lines[1] ?? '') });
    expect(content.head).toBe(sha256(lines[2] ?? ''));
  });

  it('seals behind what is still being written, and writes nothing behind the seal', async () => {
    const sink = new MemorySink();
    const writer = writerOver(sink);
    await writer.record(note('one'));
    const late = writer.record(note('a signal comes'));
    const closed = writer.close();
    await expect(writer.record(note('too late'))).rejects.toThrow('closed');
    await Promise.all([late, closed]);
    const { records, problems } = readJournal(sink.bytes());
    expect(problems).toEqual([]);
    expect(records.map((record) => record.type)).toEqual(['note', 'note', 'session.sealed']);
  });

  it('takes secrets out of what is told and never out of what holds the lines together', async () => {
    const sink = new MemorySink();
    let t = 0;
    const writer = new JournalWriter({
      sink,
      now: () => {
        t += 1;
        return t;
      },
      at: () => '2026-01-01T00:00:00.000Z',
      // Passwords as people choose them: each stands in a type, a time or, sooner or later, in a hash.
      redact: (text) => ['note', '2026', 'a', 'b', '1'].reduce((rest, secret) => rest.replaceAll(secret, '*'), text),
      from: { seq: 0, prev: GENESIS },
    });
    for (const text of ['note 2026', 'two', 'three']) await writer.record(note(text));
    const content = readJournal(sink.bytes());
    expect(content.problems).toEqual([]);
    expect(content.records[0]).toMatchObject({ type: 'note', at: '2026-01-01T00:00:00.000Z', text: '* *' });
  });

  it('keeps the order of the calls, whoever awaits what', async () => {
    const sink = new MemorySink();
    const writer = writerOver(sink);
    await Promise.all(Array.from({ length: 50 }, (_, index) => writer.record(note(String(index)))));
    const texts = readJournal(sink.bytes()).records.map((record) => (record.type === 'note' ? record.text : ''));
    expect(texts).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  it('has a control event on disk before it resolves; bulk events wait for the next sync', async () => {
    const sink = new MemorySink();
    const writer = writerOver(sink);
    await writer.record({ type: 'samples', scenario: 'D', probe: 'api', items: [[1, 1, 2, 'ok']] });
    expect(sink.syncedBytes).toBe(0);
    await writer.record(note('control'));
    expect(sink.syncedBytes).toBe(sink.bytes().length);
  });

  it('takes secrets out of every text, nested ones too, and hashes what it wrote', async () => {
    const sink = new MemorySink();
    const seen: JournalRecord[] = [];
    const writer = writerOver(sink, undefined, seen);
    await writer.record({
      type: 'check',
      scenario: 'A',
      check: { name: 'login', status: 'blocked', detail: 'password hunter2 refused', hint: '' },
    });
    expect(Buffer.from(sink.bytes()).toString()).not.toContain('hunter2');
    expect(JSON.stringify(seen)).not.toContain('hunter2');
    expect(readJournal(sink.bytes()).problems).toEqual([]);
  });

  it('cuts a text after its secrets were taken out, so that no half of one is left', () => {
    const writer = writerOver(new MemorySink());
    expect(writer.clip('login: hunter2 is wrong', 10)).toBe('login: [re');
    expect(writer.clip('short', 10)).toBe('short');
  });

  it('writes nothing more after a failed write: a journal with a hole proves nothing', async () => {
    const sink = new MemorySink();
    const writer = writerOver(sink);
    await writer.record(note('before'));
    sink.failWith = new Error('ENOSPC: no space left on device');
    await expect(writer.record(note('lost'))).rejects.toThrow('ENOSPC');
    sink.failWith = undefined;
    await expect(writer.record(note('after'))).rejects.toThrow('ENOSPC');
    expect(readJournal(sink.bytes()).records).toHaveLength(1);
  });
});

describe('a listener that makes a mistake', () => {
  it('crashes on its own and leaves no hole in the journal', async () => {
    const sink = new MemorySink();
    const crashes: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => crashes.push(error));
    try {
      const writer = new JournalWriter({
        sink,
        now: () => 1,
        at: () => 'at',
        redact: (text) => text,
        from: { seq: 0, prev: GENESIS },
        onRecord: () => {
          throw new Error('a mistake in a view');
        },
      });
      await writer.record(note('one'));
      await writer.record(note('two'));
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
    expect(crashes.map(String)).toEqual(['Error: a mistake in a view', 'Error: a mistake in a view']);
    expect(readJournal(sink.bytes()).records).toHaveLength(2);
  });
});

describe('the reader', () => {
  it('finds every changed byte', async () => {
    const bytes = Buffer.from(await journalOf('alpha', 'beta', 'gamma'));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const content = readJournal(changed);
        return content.problems.length > 0 || content.head !== readJournal(bytes).head;
      }),
      { numRuns: 400 },
    );
  });

  it('names the line after one that was removed, and lines that were swapped', async () => {
    const lines = Buffer.from(await journalOf('a', 'b', 'c', 'd'))
      .toString()
      .trimEnd()
      .split('\n');
    const without = [...lines.slice(0, 1), ...lines.slice(2)].join('\n');
    expect(readJournal(Buffer.from(`${without}\n`)).problems[0]).toMatchObject({ line: 2, kind: 'hash' });
    const swapped = [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n');
    expect(readJournal(Buffer.from(`${swapped}\n`)).problems[0]).toMatchObject({ line: 2, kind: 'hash' });
  });

  it('survives a cut at any byte: whole lines are kept, the torn tail is named', async () => {
    const bytes = Buffer.from(await journalOf('one', 'two', 'three'));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const content = readJournal(bytes.subarray(0, cut));
      const atLineEnd = cut === 0 || bytes[cut - 1] === 0x0a;
      // All of the line but its newline: its writer never knew it written, and yet it is.
      const allButNewline = bytes[cut] === 0x0a;
      const whole = bytes.subarray(0, cut).toString().split('\n').length - 1;
      expect(content.records).toHaveLength(allButNewline ? whole + 1 : whole);
      expect(content.problems.map((problem) => problem.kind)).toEqual(atLineEnd ? [] : ['torn-tail']);
      expect(content.tornTail === undefined).toBe(atLineEnd || allButNewline);
    }
  });

  it('takes a torn line for a crash only when the next writer vouches for its bytes', async () => {
    const before = Buffer.from(await journalOf('one'));
    const torn = Buffer.from('{"v":1,"seq":2,"at":"2026-0');
    const content = readJournal(Buffer.concat([before, torn]));
    const goOn = async (tornBytes: number) => {
      const sink = new MemorySink();
      const writer = writerOver(sink, { seq: 2, prev: content.head });
      await writer.record({
        type: 'writer.started',
        origin: 'recover',
        version: '0',
        pid: 2,
        host: 'h',
        bootId: 'b',
        tornBytes,
        sha256: content.tornTail?.sha256,
      });
      return readJournal(Buffer.concat([before, torn, Buffer.from('\n'), sink.bytes()])).problems.map(
        (problem) => problem.kind,
      );
    };
    expect(await goOn(torn.length)).toEqual(['crash']);
    expect(await goOn(torn.length + 1)).toEqual(['unreadable']);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readJournal(bytes);
      }),
    );
  });

  it('refuses a line of a newer version', () => {
    const line = `{"v":2,"seq":0,"at":"x","t":1,"prev":"${GENESIS}","type":"note"}\n`;
    expect(readJournal(Buffer.from(line))).toMatchObject({ records: [], problems: [{ line: 1, kind: 'unreadable' }] });
  });
});
