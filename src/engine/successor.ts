import { join } from 'node:path';
import { isoUtc } from '../core/time.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { JournalContent } from '../journal/reader.ts';
import { type JournalSink, JournalWriter } from '../journal/writer.ts';
import { patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';

export interface SuccessorInput {
  readonly world: World;
  readonly folder: string;
  readonly redact: (text: string) => string;
  readonly onRecord: (record: JournalRecord) => void;
}

/** Opens a journal to go on with it. What stands behind its last readable line is ended with a newline and stays. Never rejects. */
export async function succeed(input: SuccessorInput, before: JournalContent): Promise<JournalWriter> {
  const { world, folder, redact, onRecord } = input;
  let sink: JournalSink;
  try {
    sink = await patiently(world.clock, async (signal) => {
      const file = await world.fs.openAppend(join(folder, 'journal.jsonl'), 0o600);
      // Opened too late: the next writer may be at work.
      if (signal.aborted) await file.close();
      else if (before.tornTail !== undefined || before.problems.at(-1)?.kind === 'torn-tail') {
        await file.write(Buffer.from('\n'));
        await file.sync();
      }
      return file;
    });
  } catch (error) {
    sink = brokenSink(error);
  }
  return new JournalWriter({
    sink,
    now: () => world.clock.now(),
    at: () => isoUtc(world.clock.wall()),
    redact,
    from: { seq: (before.records.at(-1)?.seq ?? -1) + 1, prev: before.head },
    onRecord,
  });
}

/** Says to each writer why the journal could not be opened. */
function brokenSink(error: unknown): JournalSink {
  return {
    write: () => Promise.reject(error),
    sync: () => Promise.reject(error),
    close: () => Promise.resolve(),
  };
}
