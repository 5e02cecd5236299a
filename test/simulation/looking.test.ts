import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/core/outcome.ts';
import type { Probe, Reading } from '../../src/core/probe.ts';
import { FactTracker } from '../../src/engine/facts.ts';
import { openLoop } from '../../src/engine/open-loop.ts';
import { ProbeRunner } from '../../src/engine/probe-runner.ts';
import { Pulse } from '../../src/engine/pulse.ts';
import { Wakefulness } from '../../src/engine/wakefulness.ts';
import type { Clock } from '../../src/world/world.ts';
import { recorderOver } from '../support/recorder-over.ts';
import { ofType } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

function probeThat(world: SimWorld, sample: (at: number) => Promise<Reading>): Probe {
  const startedAt = world.clock.now();
  return {
    name: 'api',
    intervalMs: 100,
    timeoutMs: 500,
    user: true,
    target: 'test',
    sample: () => sample(world.clock.now() - startedAt),
  };
}

async function samplesOf(world: SimWorld, probe: Probe, forMs: number) {
  const { recorder, records } = recorderOver(world);
  await world.run(async () => {
    const stop = new AbortController();
    const awake = new Wakefulness(world.clock, 50);
    void awake.run(stop.signal);
    const runner = new ProbeRunner(probe, 'A', world.clock, recorder, new Pulse(), awake);
    const running = runner.run(stop.signal);
    await world.clock.sleep(forMs);
    stop.abort();
    await running;
    await runner.flush();
  });
  return {
    samples: ofType(records(), 'samples').flatMap((event) => event.items),
    missed: ofType(records(), 'probe.missed'),
    observations: ofType(records(), 'observation'),
  };
}

/** A look that takes `tookMs`, at the end of which the process was frozen: the answer is there before the deadline's timer fires. */
async function frozen(tookMs: number, frozenMs: number, outcome: Outcome = 'ok') {
  const world = new SimWorld();
  const { recorder, records } = recorderOver(world);
  let behindMs = 0;
  const clock: Clock = {
    now: () => world.clock.now() + behindMs,
    wall: () => 0,
    boot: () => 0,
    sleep: world.clock.sleep,
    deadline: world.clock.deadline,
  };
  await world.run(async () => {
    const stop = new AbortController();
    const probe = probeThat(world, async () => {
      await world.clock.sleep(tookMs);
      behindMs = frozenMs;
      return { outcome };
    });
    const awake = new Wakefulness(clock, 50);
    void awake.run(stop.signal);
    const runner = new ProbeRunner({ ...probe, intervalMs: 10_000 }, 'A', clock, recorder, new Pulse(), awake);
    const running = runner.run(stop.signal);
    await world.clock.sleep(tookMs + 5);
    stop.abort();
    await running;
    await runner.flush();
  });
  return {
    samples: ofType(records(), 'samples').flatMap((event) => event.items),
    missed: ofType(records(), 'probe.missed'),
  };
}

describe('the open loop', () => {
  it('fires on its own schedule while earlier ticks hang', async () => {
    const world = new SimWorld();
    const starts: number[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      const t0 = world.clock.now();
      const loop = openLoop({
        clock: world.clock,
        intervalMs: 100,
        maxInFlight: 64,
        signal: stop.signal,
        tick: async () => {
          starts.push(world.clock.now() - t0);
          await world.clock.sleep(1_000);
        },
        missed: () => expect.fail('nothing is missed here'),
      });
      await world.clock.sleep(550);
      stop.abort();
      await loop;
    });
    expect(starts).toEqual([0, 100, 200, 300, 400, 500]);
  });

  it('waits for its turn before the first tick', async () => {
    const world = new SimWorld();
    const starts: number[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      const t0 = world.clock.now();
      const loop = openLoop({
        clock: world.clock,
        intervalMs: 100,
        offsetMs: 30,
        maxInFlight: 1,
        signal: stop.signal,
        tick: async (scheduledAt) => void starts.push(scheduledAt - t0),
        missed: () => undefined,
      });
      await world.clock.sleep(250);
      stop.abort();
      await loop;
    });
    expect(starts).toEqual([30, 130, 230]);
  });

  it('misses ticks beyond the bound, and says so', async () => {
    const world = new SimWorld();
    const missed: string[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      const loop = openLoop({
        clock: world.clock,
        intervalMs: 100,
        maxInFlight: 2,
        signal: stop.signal,
        tick: () => world.clock.sleep(10_000),
        missed: (_at, reason) => missed.push(reason),
      });
      await world.clock.sleep(450);
      stop.abort();
      await loop;
    });
    expect(missed).toEqual(['in-flight', 'in-flight', 'in-flight']);
  });
});

describe('a probe', () => {
  it('that hangs gives one timeout a tick, none lost, in the order of their starts', async () => {
    const world = new SimWorld();
    const { samples } = await samplesOf(
      world,
      probeThat(world, () => new Promise(() => undefined)),
      950,
    );
    const ended = samples.filter(([, startedAt, endedAt]) => endedAt - startedAt >= 500);
    expect(ended.length).toBeGreaterThanOrEqual(4);
    expect(ended.every(([, , , outcome]) => outcome === 'timeout')).toBe(true);
  });

  it('that is answered after its own limit is late, though the answer was good', async () => {
    const { samples, missed } = await frozen(400, 200);
    expect(samples.map(([, , , outcome]) => outcome)).toEqual(['late']);
    expect(missed).toEqual([]);
  });

  it('is missed when gameday itself stood still for most of the time that it had', async () => {
    const { samples, missed } = await frozen(10, 2_000);
    expect(samples).toEqual([]);
    expect(missed).toMatchObject([{ count: 1, reason: 'stood-still' }]);
  });

  it('that found the service out is a look, however long gameday stood still', async () => {
    const { samples, missed } = await frozen(10, 2_000, 'refused');
    expect(samples.map(([, , , outcome]) => outcome)).toEqual(['refused']);
    expect(missed).toEqual([]);
  });

  it('that throws is a protocol error with its message, and goes on', async () => {
    const world = new SimWorld();
    const { samples } = await samplesOf(
      world,
      probeThat(world, async (at) => {
        if (at < 200) throw new Error('not what was asked for');
        return { outcome: 'ok' };
      }),
      450,
    );
    expect(samples.map(([, , , outcome, detail]) => [outcome, detail])).toEqual([
      ['protocol', 'not what was asked for'],
      ['protocol', 'not what was asked for'],
      ['ok', undefined],
      ['ok', undefined],
      ['ok', undefined],
    ]);
  });

  it('journals a changed fact with the bounds of the looks around it', async () => {
    const world = new SimWorld();
    const t0 = world.clock.now();
    const { observations } = await samplesOf(
      world,
      probeThat(world, async (at) => {
        await world.clock.sleep(30);
        return { outcome: 'ok', facts: { role: at < 250 ? 'primary' : 'down' } };
      }),
      480,
    );
    expect(
      observations.map(({ from, to, notBefore, notAfter }) => ({
        from,
        to,
        notBefore: notBefore - t0,
        notAfter: notAfter - t0,
      })),
    ).toEqual([
      { from: undefined, to: 'primary', notBefore: 0, notAfter: 30 },
      { from: 'primary', to: 'down', notBefore: 200, notAfter: 330 },
    ]);
  });
});

describe('facts', () => {
  it('are not undone by an older look that ends later', () => {
    const tracker = new FactTracker();
    expect(tracker.observe({ role: 'new' }, 200, 210)).toHaveLength(1);
    expect(tracker.observe({ role: 'old' }, 100, 900)).toEqual([]);
    expect(tracker.observe({ role: 'new' }, 300, 310)).toEqual([]);
  });
});
