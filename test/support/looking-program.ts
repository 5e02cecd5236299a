import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isoUtc } from '../../src/core/time.ts';
import { Recorder } from '../../src/engine/recorder.ts';
import { watchSuspension } from '../../src/engine/suspension.ts';
import { Watch } from '../../src/engine/watch.ts';
import { GENESIS } from '../../src/journal/codec.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { httpProbe } from '../../src/probes/http.ts';
import { until } from '../../src/world/await.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { planOf, sessionStarted } from './journal-builder.ts';
import type { LookingOptions } from './looking.ts';

/**
 * A process of its own that looks as a drill does, with the product's own probes, schedule and journal, until its input
 * ends. Its first argument are LookingOptions in JSON. It says when every service was seen up, and at the end what it cost.
 */
const options: LookingOptions = JSON.parse(process.argv[2] ?? '{}');
if (options.wallClock === 'jumps') jumpAbout();
const world = createWorld();
const { clock } = world;
const sink = await world.fs.openAppend(join(options.folder, 'journal.jsonl'), 0o600);
const writer = new JournalWriter({
  sink,
  now: () => clock.now(),
  at: () => isoUtc(clock.wall()),
  redact: (text) => text,
  from: { seq: 0, prev: GENESIS },
});
const recorder = new Recorder(writer, clock, (error) => {
  throw error;
});
const probes = options.probes.map((probe) => httpProbe(world, { ...probe, user: true }));
const plan = planOf({
  probes: probes.map(({ name, target, intervalMs, timeoutMs, user }) => ({
    name,
    target,
    intervalMs,
    timeoutMs,
    user,
  })),
  ledgers: [],
  alerts: [],
});
const { bootId, hostname } = world.env;
await recorder.record({
  type: 'writer.started',
  origin: 'run',
  version: '0',
  pid: process.pid,
  host: hostname,
  bootId,
});
await recorder.record(sessionStarted([plan]));
await recorder.record({ type: 'scenario.started', scenario: plan.id });

const watch = new Watch({ plan, probes, ledgers: [] }, new Map(), undefined, clock, recorder);
const attending = new AbortController();
const attended = watchSuspension(clock, recorder, attending.signal);
await watch.start(attending.signal);
await until(
  clock,
  { everyMs: 20, signal: attending.signal },
  async () => watch.pulse.unwell().length === 0 || undefined,
);
const before = process.cpuUsage();
const beganAt = clock.now();
say({ began: true });
const input = createInterface(process.stdin);
await once(input, 'close');
const { user, system } = process.cpuUsage(before);
const lookedMs = clock.now() - beganAt;
await watch.stop();
attending.abort();
await attended;
await recorder.record({ type: 'scenario.ended', scenario: plan.id, outcome: 'completed', reason: '' });
await recorder.close();
say({ cpuMs: (user + system) / 1_000, lookedMs });
process.exit(0);

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The wall clock is an hour ahead or behind, another way each time it is read. Nobody may set the clock of a machine for a test. */
function jumpAbout(): void {
  const now = Date.now;
  let reads = 0;
  Date.now = () => {
    reads += 1;
    return now() + (reads % 2 === 0 ? 3_600_000 : -3_600_000);
  };
}
