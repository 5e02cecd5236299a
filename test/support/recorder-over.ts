import { Recorder } from '../../src/engine/recorder.ts';
import { GENESIS } from '../../src/journal/codec.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { MemorySink } from './memory-sink.ts';
import type { SimWorld } from './sim-world.ts';

/** A recorder whose journal is kept in memory. */
export function recorderOver(world: SimWorld): {
  readonly recorder: Recorder;
  readonly records: () => ReturnType<typeof readJournal>['records'];
} {
  const sink = new MemorySink();
  const writer = new JournalWriter({
    sink,
    now: () => world.clock.now(),
    at: () => 'at',
    redact: (text) => text,
    from: { seq: 0, prev: GENESIS },
  });
  return {
    recorder: new Recorder(writer, world.clock, () => undefined),
    records: () => readJournal(sink.bytes()).records,
  };
}
