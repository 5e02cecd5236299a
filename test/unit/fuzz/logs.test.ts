import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogExpectation } from '../../../src/core/scenario.ts';
import { LogWatch } from '../../../src/engine/log-watch.ts';
import { Recorder } from '../../../src/engine/recorder.ts';
import { GENESIS } from '../../../src/journal/codec.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { createLabPlatform } from '../../../src/platforms/lab.ts';
import { logLine, newLineState } from '../../../src/report/lines.ts';
import { logExpectation } from '../../../src/scenarios/settings.ts';
import { MemorySink } from '../../support/memory-sink.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

/** Follows a log into which these bytes are written, chunk by chunk, and gives back what the journal says of it. */
async function follow(pattern: string, chunks: readonly Uint8Array[]) {
  const world = new SimWorld();
  const sink = new MemorySink();
  await world.run(async () => {
    const lab = await tinyLab(world, '/srv/lab');
    const writer = new JournalWriter({
      sink,
      now: () => world.clock.now(),
      at: () => '2026-01-01T00:00:00.000Z',
      redact: (text) => text,
      from: { seq: 0, prev: GENESIS },
      onRecord: () => undefined,
    });
    const expected: LogExpectation = { name: 'loud', nodes: ['n1'], pattern, withinMs: 10_000 };
    const watch = new LogWatch(
      createLabPlatform(world, lab),
      'A',
      [expected],
      world.clock,
      new Recorder(writer, world.clock, () => undefined),
    );
    const enough = new AbortController();
    const watching = watch.run(enough.signal);
    await world.clock.sleep(10);
    for (const chunk of chunks) {
      const file = await world.fs.openAppend('/srv/lab/n1.log');
      await file.write(chunk);
      await file.close();
      await world.clock.sleep(700);
    }
    await world.clock.sleep(3_000);
    enough.abort();
    await watching;
    await writer.close();
  });
  return readJournal(sink.bytes());
}

/** What a terminal would obey, or a reader would not see. */
const UNFIT = /[\p{Cc}\p{Cf}]/u;

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => new TextEncoder().encode(`${text}\n`)),
  fc
    .constantFrom('FATAL: gone\n', 'FATAL', '\n', '\r\n', '\u001b[2J\u202eFATAL\n', `FATAL ${'x'.repeat(400)}🙂\n`)
    .map((text) => new TextEncoder().encode(text)),
);

describe('the lines of a log', { timeout: 60_000 }, () => {
  it('of any bytes are followed: the journal stays whole, and says FATAL only where a line did', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (chunks) => {
        const { records, problems } = await follow('FATAL', chunks);
        expect(problems).toEqual([]);
        const state = newLineState();
        for (const line of records.flatMap((record) => logLine(record, state))) expect(line).not.toMatch(UNFIT);
        const text = Buffer.concat(chunks).toString('utf8');
        const finished = text.slice(0, text.lastIndexOf('\n') + 1);
        const said = records.filter((record) => record.type === 'log.matched').length;
        expect(said > 0).toBe(finished.includes('FATAL'));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a pattern', { timeout: 60_000 }, () => {
  it('of any text is a regular expression, or is refused when the configuration is read', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom('(', ')', '[', ']', '{', '}', '*', '+', '?', '\\', '|', '^', '$', 'a', '1', ','),
      }),
    );
    fc.assert(
      fc.property(text, (pattern) => {
        const read = logExpectation.safeParse({ name: 'x', nodes: ['n'], pattern });
        if (read.success) expect(() => new RegExp(pattern)).not.toThrow();
        else expect(() => new RegExp(pattern)).toThrow(SyntaxError);
      }),
      { numRuns: 300 },
    );
  });
});
