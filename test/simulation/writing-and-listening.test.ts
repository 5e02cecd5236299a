import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/core/ledger.ts';
import { LogDeaf } from '../../src/core/platform.ts';
import { LedgerRunner } from '../../src/engine/ledger-runner.ts';
import { LogWatch } from '../../src/engine/log-watch.ts';
import { Pulse } from '../../src/engine/pulse.ts';
import { Wakefulness } from '../../src/engine/wakefulness.ts';
import { recorderOver } from '../support/recorder-over.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { SimPlatform } from '../support/sim-platform.ts';
import { ofType } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

const QUIET: Ledger = {
  name: 'writes',
  target: 'test',
  intervalMs: 50,
  timeoutMs: 1_000,
  concurrency: 1,
  user: false,
  namespace: { what: 'nothing', byHand: '' },
  open: async () => undefined,
  write: async () => ({ outcome: 'acked' }),
  audit: async () => [],
  remove: async () => undefined,
};

function awakeIn(world: SimWorld): Wakefulness {
  return new Wakefulness(world.clock, 50);
}

/** A ledger whose one write hangs, while gameday stands still from 100 ms on for some time. */
async function hangs(standsStillMs: number) {
  const world = new SimWorld();
  const { recorder, records } = recorderOver(world);
  const pulse = new Pulse();
  await world.run(async () => {
    const stop = new AbortController();
    const awake = awakeIn(world);
    void awake.run(stop.signal);
    const write = () => new Promise<never>(() => undefined);
    const ledger = { ...QUIET, user: true, intervalMs: 10_000, write };
    const running = new LedgerRunner(ledger, 'A', world.clock, recorder, pulse, awake);
    const run = running.run(stop.signal);
    await world.clock.sleep(100);
    world.clock.standStill(standsStillMs);
    await world.clock.sleep(950);
    stop.abort();
    await run;
    await running.flush();
  });
  const [entries] = ofType(records(), 'ledger.entries');
  return { item: entries?.items[0], missed: ofType(records(), 'probe.missed'), said: pulse.unwell() };
}

describe('a ledger', () => {
  it('that gameday slept through is no look: the audit hears of the write, and it counts as missed', async () => {
    const { item, missed, said } = await hangs(1_500);
    expect(item?.slice(3)).toEqual(['indeterminate', 'no answer in 1000ms', 0, 'stood-still']);
    expect(missed).toMatchObject([{ probe: 'writes', count: 1, reason: 'stood-still' }]);
    expect(said).toEqual(['writes: not one look yet']);
  });

  it('that got no answer is a look, however short gameday stood still', async () => {
    const { item, missed, said } = await hangs(300);
    expect(item?.slice(3)).toEqual(['indeterminate', 'no answer in 1000ms', 0]);
    expect(missed).toEqual([]);
    expect(said).toEqual(['writes: indeterminate no answer in 1000ms']);
  });

  it('is unread when its audit gives a figure that is no number', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const figures = {
      acked: 1,
      lost: 0,
      recovered: 0,
      unexpected: 0,
      duplicated: null,
      corrupted: 0,
      stale: Number.NaN,
    };
    const audit = async () => [{ replica: 'n1', ...figures, lostIds: [] }];
    await world.run(() =>
      new LedgerRunner({ ...QUIET, audit }, 'A', world.clock, recorder, new Pulse(), awakeIn(world)).audit(),
    );
    expect(ofType(records(), 'ledger.audited')).toEqual([]);
    expect(ofType(records(), 'ledger.unread')).toMatchObject([{ detail: 'the audit gives no number for stale' }]);
  });

  it('keeps its writes in order, counts what it could not write, and never cuts one short', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    let inFlight = 0;
    await world.run(async () => {
      const stop = new AbortController();
      const runner = new LedgerRunner(
        {
          ...QUIET,
          write: async (id) => {
            inFlight += 1;
            expect(inFlight).toBe(1);
            await world.clock.sleep(id === 3 ? 320 : 10);
            inFlight -= 1;
            return { outcome: 'acked' };
          },
        },
        'A',
        world.clock,
        recorder,
        new Pulse(),
        awakeIn(world),
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

  it('journals how late each write began', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    await world.run(async () => {
      const stop = new AbortController();
      const runner = new LedgerRunner(QUIET, 'A', world.clock, recorder, new Pulse(), awakeIn(world));
      const running = runner.run(stop.signal);
      await world.clock.sleep(70);
      world.clock.standStill(42.26);
      await world.clock.sleep(60);
      stop.abort();
      await running;
    });
    const entries = ofType(records(), 'ledger.entries').flatMap((event) => event.items);
    expect(entries.slice(0, 3).map(([id, , , , detail, lateMs]) => [id, detail, lateMs])).toEqual([
      [1, '', 0],
      [2, '', 0],
      [3, '', 12.3],
    ]);
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

  it('hears no line that is from before the faults by its own time, and journals it apart', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const platform = new SimPlatform(new SimCluster(world.clock, { nodes: ['n1'], alertAfterMs: 1 }));
    const heard: boolean[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      platform.logs = async function* () {
        await world.clock.sleep(200);
        yield { text: 'error old', writtenAt: world.clock.wall() - 60_000 };
        await world.clock.sleep(200);
        yield { text: 'error new', writtenAt: world.clock.wall() };
        yield { text: 'error older', writtenAt: world.clock.wall() - 90_000 };
        await world.clock.sleep(60_000, stop.signal);
      };
      const expected = { name: 'loud', nodes: ['app'], pattern: 'error', withinMs: 10_000 };
      const watch = new LogWatch(platform, 'A', [expected], world.clock, recorder);
      const running = watch.run(stop.signal);
      watch.arm();
      await world.clock.sleep(300);
      heard.push(watch.unheard().length === 0);
      await world.clock.sleep(300);
      heard.push(watch.unheard().length === 0);
      stop.abort();
      await running;
    });
    expect(heard).toEqual([false, true]);
    const matches = ofType(records(), 'log.matched');
    expect(matches.map(({ line }) => line)).toEqual(['error old', 'error new', 'error older']);
    for (const { writtenAt } of matches) expect(writtenAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
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

  it('says at its end which log may have been deaf, and nothing of one that only ended with it', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    await world.run(async () => {
      const stop = new AbortController();
      const platform = new SimPlatform(new SimCluster(world.clock, { nodes: ['n1'], alertAfterMs: 1 }));
      platform.logs = async function* ({ name }) {
        await world.clock.sleep(60_000, stop.signal);
        if (name === 'deaf') throw new LogDeaf('nobody vouched for it');
        if (name === 'cut off') throw new Error('aborted');
        yield* [];
      };
      const expected = { name: 'loud', nodes: ['deaf', 'cut off'], pattern: 'error', withinMs: 10_000 };
      const watch = new LogWatch(platform, 'A', [expected], world.clock, recorder);
      const running = watch.run(stop.signal);
      await world.clock.sleep(100);
      stop.abort();
      await running;
    });
    expect(ofType(records(), 'log.unreadable')).toMatchObject([{ node: 'deaf', detail: 'nobody vouched for it' }]);
  });
});
