import { expect, it } from 'vitest';
import { Recorder } from '../../src/engine/recorder.ts';
import { GENESIS } from '../../src/journal/codec.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { SimWorld } from '../support/sim-world.ts';

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
