import { expect, it } from 'vitest';
import { Recorder } from '../../src/engine/recorder.ts';
import { GENESIS } from '../../src/journal/codec.ts';
import { type JournalSink, JournalWriter } from '../../src/journal/writer.ts';
import { SimWorld } from '../support/sim-world.ts';

const note = (text: string) => ({ type: 'note', scenario: null, text }) as const;

/** A recorder over a disk that takes so long for its first write, and none for any other. */
function overSlowDisk(world: SimWorld, firstMs: number): { readonly recorder: Recorder; readonly written: string[] } {
  const written: string[] = [];
  let ms = firstMs;
  const sink: JournalSink = {
    async write(bytes) {
      const wait = ms;
      ms = 0;
      await world.clock.sleep(wait);
      written.push(Buffer.from(bytes).toString());
    },
    sync: async () => undefined,
    close: async () => undefined,
  };
  const writer = new JournalWriter({
    sink,
    now: () => world.clock.now(),
    at: () => 'at',
    redact: (text) => text,
    from: { seq: 0, prev: GENESIS },
  });
  return { recorder: new Recorder(writer, world.clock, () => undefined), written };
}

it('a tool that stood still does not blame its disk', async () => {
  const world = new SimWorld();
  const { recorder, written } = overSlowDisk(world, 3_000);
  await world.run(async () => {
    const recorded = recorder.record(note('one'));
    await world.clock.sleep(500);
    world.clock.standStill(40_000);
    await recorded;
  });
  expect(recorder.failure).toBeUndefined();
  expect(written).toHaveLength(1);
});

it('what was queued behind a write that was given up is never written', async () => {
  const world = new SimWorld();
  const { recorder, written } = overSlowDisk(world, 20_000);
  await world.run(async () => {
    const first = recorder.attempt(note('one'));
    const second = recorder.attempt(note('two'));
    await Promise.all([first, second]);
    await world.clock.sleep(30_000);
  });
  expect(recorder.failure?.message).toMatch(/15000ms/);
  // The first was on its way; the next writer may be at work when it lands, but nothing follows it.
  expect(written.map((line) => line.includes('"two"'))).toEqual([false]);
});

it('a disk that hangs counts as lost, is waited for once, and stops nobody who only attempts', async () => {
  const world = new SimWorld();
  const never = new Promise<never>(() => undefined);
  const writer = new JournalWriter({
    sink: { write: () => never, sync: () => never, close: () => never },
    now: () => world.clock.now(),
    at: () => 'at',
    redact: (text) => text,
    from: { seq: 0, prev: GENESIS },
  });
  const lost: Error[] = [];
  const recorder = new Recorder(writer, world.clock, (error) => lost.push(error));
  await world.run(async () => {
    const began = world.clock.now();
    await recorder.attempt({ type: 'note', scenario: null, text: 'one' });
    expect(world.clock.now() - began).toBe(15_000);
    await recorder.attempt({ type: 'note', scenario: null, text: 'two' });
    await recorder.sync();
    await expect(recorder.record({ type: 'note', scenario: null, text: 'three' })).rejects.toThrow(/15000ms/);
    await expect(recorder.close()).rejects.toThrow(/15000ms/);
    expect(world.clock.now() - began).toBe(15_000);
  });
  expect(lost).toEqual([recorder.failure]);
});
