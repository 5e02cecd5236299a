import { describe, expect, it } from 'vitest';
import type { AlertSource, AlertState } from '../../src/core/alert.ts';
import type { Probe, Reading } from '../../src/core/probe.ts';
import { AlertWatch } from '../../src/engine/alert-watch.ts';
import { FactTracker } from '../../src/engine/facts.ts';
import { LedgerRunner } from '../../src/engine/ledger-runner.ts';
import { LogWatch } from '../../src/engine/log-watch.ts';
import { MetricWatch } from '../../src/engine/metric-watch.ts';
import { openLoop } from '../../src/engine/open-loop.ts';
import { ProbeRunner } from '../../src/engine/probe-runner.ts';
import { Pulse } from '../../src/engine/pulse.ts';
import { Recorder } from '../../src/engine/recorder.ts';
import { GENESIS } from '../../src/journal/codec.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { Clock } from '../../src/world/world.ts';
import { MemorySink } from '../support/memory-sink.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { SimPlatform } from '../support/sim-platform.ts';
import { ofType } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

function recorderOver(world: SimWorld): {
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
    const runner = new ProbeRunner(probe, 'A', world.clock, recorder, new Pulse());
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
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    // A frozen process wakes up with the answer in its hands before its deadline timer could fire.
    let frozenMs = 0;
    const clock: Clock = {
      now: () => world.clock.now() + frozenMs,
      wall: () => 0,
      boot: () => 0,
      sleep: world.clock.sleep,
      deadline: world.clock.deadline,
    };
    await world.run(async () => {
      const stop = new AbortController();
      const probe = probeThat(world, async () => {
        frozenMs = 2_000;
        return { outcome: 'ok' };
      });
      const runner = new ProbeRunner({ ...probe, intervalMs: 10_000 }, 'A', clock, recorder, new Pulse());
      const running = runner.run(stop.signal);
      await world.clock.sleep(50);
      stop.abort();
      await running;
      await runner.flush();
    });
    const outcomes = ofType(records(), 'samples').flatMap((event) => event.items.map(([, , , outcome]) => outcome));
    expect(outcomes).toEqual(['late']);
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

describe('a ledger', () => {
  it('keeps its writes in order, counts what it could not write, and never cuts one short', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    let inFlight = 0;
    await world.run(async () => {
      const stop = new AbortController();
      const runner = new LedgerRunner(
        {
          name: 'writes',
          target: 'test',
          intervalMs: 50,
          timeoutMs: 1_000,
          concurrency: 1,
          user: false,
          open: async () => undefined,
          write: async (id) => {
            inFlight += 1;
            expect(inFlight).toBe(1);
            await world.clock.sleep(id === 3 ? 320 : 10);
            inFlight -= 1;
            return { outcome: 'acked' };
          },
          audit: async () => [],
          remove: async () => undefined,
        },
        'A',
        world.clock,
        recorder,
        new Pulse(),
      );
      const running = runner.run(stop.signal);
      await world.clock.sleep(200);
      stop.abort();
      await running;
      await runner.flush();
    });
    const entries = ofType(records(), 'ledger.entries').flatMap((event) => event.items);
    expect(entries.map(([id, , , outcome]) => [id, outcome])).toEqual([
      [1, 'acked'],
      [2, 'acked'],
      [3, 'acked'],
    ]);
    expect(ofType(records(), 'probe.missed')[0]?.reason).toBe('in-flight');
  });
});

describe('the alert watch', () => {
  it('journals that an alert is silenced, by what, and that it is heard again', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const alert = { name: 'NodeDown', labels: { node: 'n1' }, where: 'alertmanager' } as const;
    let now: readonly AlertState[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      const source: AlertSource = { target: 't', poll: async () => ({ alerts: now }), rules: async () => ['NodeDown'] };
      const watch = new AlertWatch(source, 'A', world.clock, recorder);
      const running = watch.run(stop.signal);
      await world.clock.sleep(1_500);
      now = [{ ...alert, state: 'suppressed', suppressedBy: { silences: ['s1'], alerts: [] } }];
      await world.clock.sleep(1_000);
      now = [{ ...alert, state: 'firing', receivers: ['team'], receivedAt: 'R' }];
      await world.clock.sleep(1_000);
      now = [];
      await world.clock.sleep(1_000);
      stop.abort();
      await running;
    });
    const changes = ofType(records(), 'alert.changed');
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'inactive suppressed',
      'suppressed firing',
      'firing inactive',
    ]);
    expect(changes[0]?.suppressedBy).toEqual({ silences: ['s1'], alerts: [] });
    expect(changes[1]).toMatchObject({ receivers: ['team'], receivedAt: 'R' });
    expect(changes[2]).not.toHaveProperty('receivers');
  });
});

describe('the metric watch', () => {
  const SURVEY = { rules: [], inputs: [], groupWaits: [], problems: [], targets: [{ job: 'pg', instance: 'x' }] };
  const base: AlertSource = { target: 't', poll: async () => ({ alerts: [] }), rules: async () => [] };

  it('looks every 5 s, journals rules only when it is asked to, and asks for the same targets', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const asked = new Set<unknown>();
    await world.run(async () => {
      const stop = new AbortController();
      const source: AlertSource = {
        ...base,
        survey: async () => structuredClone(SURVEY),
        scrapes: async (targets) => {
          asked.add(targets);
          return { serverAt: '2026-11-21T17:40:10.000Z', comparedMs: 20_000, targets: [] };
        },
      };
      const watch = new MetricWatch(source, 'A', { rules: ['NodeDown'], nodes: [] }, world.clock, recorder);
      const running = watch.run(stop.signal);
      await world.clock.sleep(11_000);
      await watch.survey();
      stop.abort();
      await running;
    });
    expect(ofType(records(), 'scrapes.seen')).toHaveLength(3);
    expect(ofType(records(), 'alert.surveyed')).toMatchObject([{ scenario: 'A', ...SURVEY }]);
    expect(asked.size).toBe(1);
  });

  it('says once that it cannot read, and goes on; a source that cannot tell is not asked', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    await world.run(async () => {
      const stop = new AbortController();
      const source: AlertSource = {
        ...base,
        survey: async () => SURVEY,
        scrapes: async () => Promise.reject(new Error('refused')),
      };
      const watches = [source, base].map(
        (one) => new MetricWatch(one, 'A', { rules: ['NodeDown'], nodes: [] }, world.clock, recorder),
      );
      const running = watches.map((watch) => watch.run(stop.signal));
      await world.clock.sleep(11_000);
      await watches[1]?.survey();
      stop.abort();
      await Promise.all(running);
    });
    expect(records().map((record) => record.type)).toEqual(['note']);
    expect(ofType(records(), 'note')[0]?.text).toBe('how metrics are scraped could not be read: refused');
  });
});

describe('the log watch', () => {
  it('journals the first line at once, before the fault and again after it, and counts the rest once a second', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const cluster = new SimCluster(world.clock, { nodes: ['n1'], alertAfterMs: 1 });
    await world.run(async () => {
      const stop = new AbortController();
      const watch = new LogWatch(
        new SimPlatform(cluster),
        'A',
        [{ name: 'loud', nodes: ['app'], pattern: 'error', withinMs: 10_000 }],
        world.clock,
        recorder,
      );
      const running = watch.run(stop.signal);
      await world.clock.sleep(150);
      cluster.logLines.push('error before the fault');
      await world.clock.sleep(500);
      watch.arm();
      for (let line = 0; line < 5; line += 1) {
        cluster.logLines.push(`error ${line}`, 'all is well');
        await world.clock.sleep(300);
      }
      stop.abort();
      await running;
    });
    const matches = ofType(records(), 'log.matched');
    expect(matches[0]).toMatchObject({ line: 'error before the fault', count: 1 });
    expect(matches[1]).toMatchObject({ line: 'error 0', count: 1 });
    const after = matches.slice(1);
    expect(after.reduce((sum, match) => sum + match.count, 0)).toBeLessThanOrEqual(5);
    expect(after.length).toBeLessThan(5);
  });

  it('says which log it cannot read', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    await world.run(async () => {
      const stop = new AbortController();
      const watch = new LogWatch(
        undefined,
        'A',
        [{ name: 'loud', nodes: ['app'], pattern: 'error', withinMs: 10_000 }],
        world.clock,
        recorder,
      );
      const running = watch.run(stop.signal);
      await world.clock.sleep(100);
      stop.abort();
      await running;
    });
    expect(ofType(records(), 'log.unreadable')).toMatchObject([{ node: 'app' }]);
  });
});
