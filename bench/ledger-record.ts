// What the record of acknowledged writes costs: npm run bench:ledger -- [seconds]
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../src/core/ledger.ts';
import { LedgerRunner } from '../src/engine/ledger-runner.ts';
import { Pulse } from '../src/engine/pulse.ts';
import { Recorder } from '../src/engine/recorder.ts';
import { Wakefulness } from '../src/engine/wakefulness.ts';
import { GENESIS } from '../src/journal/codec.ts';
import { JournalWriter } from '../src/journal/writer.ts';
import { createWorld } from '../src/world/node-world.ts';

/** Writes a second of the ledgers of A to E as they are set, and of the quickest that can be set. */
const RATES: Readonly<Record<string, number>> = {
  'C: 5/s': 200,
  'D: 10/s': 100,
  'A, B, E: 20/s': 50,
  'most: 200/s': 5,
};
const SYNC_EVERY_MS = 500;
const seconds = Number(process.argv[2] ?? 10);
const world = createWorld();

async function measure(rate: string, intervalMs: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-bench-'));
  const path = join(folder, 'journal.jsonl');
  const file = await world.fs.openAppend(path);
  const count = { writes: 0, syncs: 0, issued: 0 };
  const writer = new JournalWriter({
    sink: {
      ...file,
      write: (bytes) => {
        count.writes += 1;
        return file.write(bytes);
      },
      sync: () => {
        count.syncs += 1;
        return file.sync();
      },
    },
    now: () => world.clock.now(),
    at: () => new Date().toISOString(),
    redact: (text) => text,
    from: { seq: 0, prev: GENESIS },
  });
  const recorder = new Recorder(writer, world.clock, (error) => {
    throw error;
  });
  const ledger: Ledger = {
    ...{ name: 'writes', target: 'nothing', intervalMs, timeoutMs: 1_000, concurrency: 4, user: false },
    namespace: { what: 'nothing', byHand: 'nothing' },
    open: async () => undefined,
    async write() {
      count.issued += 1;
      await world.clock.sleep(2);
      return { outcome: 'acked', detail: 'pg-1' };
    },
    audit: async () => [],
    remove: async () => undefined,
  };
  const runner = new LedgerRunner(ledger, 'A', world.clock, recorder, new Pulse(), new Wakefulness(world.clock, 50));
  const stop = new AbortController();
  const cpu = process.cpuUsage();
  const running = runner.run(stop.signal);
  for (const end = world.clock.now() + seconds * 1_000; world.clock.now() < end; ) {
    await world.clock.sleep(SYNC_EVERY_MS);
    await recorder.sync();
  }
  stop.abort();
  await running;
  await recorder.close();
  const { user, system } = process.cpuUsage(cpu);
  const { size } = await stat(path);
  await rm(folder, { recursive: true });
  const perSecond = (value: number): string => (value / seconds).toFixed(1);
  return [
    rate.padEnd(14),
    `${perSecond(count.issued)} writes`,
    `${perSecond(count.writes)} lines`,
    `${perSecond(count.syncs)} fsyncs`,
    `${perSecond(size / 1_024)} KiB`,
    `${perSecond((user + system) / 1_000)} ms CPU`,
  ].join(' | ');
}

console.log(`a second, over ${seconds}s each:`);
for (const [rate, intervalMs] of Object.entries(RATES)) console.log(await measure(rate, intervalMs));
