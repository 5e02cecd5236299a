import { describe, expect, it } from 'vitest';
import type { AlertSource, AlertState } from '../../src/core/alert.ts';
import { AlertWatch } from '../../src/engine/alert-watch.ts';
import { MetricWatch } from '../../src/engine/metric-watch.ts';
import { Wakefulness } from '../../src/engine/wakefulness.ts';
import { recorderOver } from '../support/recorder-over.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

describe('the alert watch', () => {
  it('journals that an alert is silenced, by what, and that it is heard again', async () => {
    const world = new SimWorld();
    const { recorder, records } = recorderOver(world);
    const alert = { name: 'NodeDown', labels: { node: 'n1' }, where: 'alertmanager' } as const;
    let now: readonly AlertState[] = [];
    await world.run(async () => {
      const stop = new AbortController();
      const source: AlertSource = { target: 't', poll: async () => ({ alerts: now }), rules: async () => ['NodeDown'] };
      const watch = new AlertWatch(source, 'A', world.clock, recorder, new Wakefulness(world.clock, 100));
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

describe('an alert watch whose servers cannot be read', () => {
  /** What it says of them after each of some waits. */
  async function blindAfter(
    waits: readonly number[],
    before: (world: SimWorld, poll: number) => unknown = () => undefined,
  ): Promise<readonly ({ ms: number; why: string } | undefined)[]> {
    const world = new SimWorld();
    const awake = new Wakefulness(world.clock, 100);
    const said: ({ ms: number; why: string } | undefined)[] = [];
    let polls = 0;
    const source: AlertSource = {
      target: 't',
      async poll() {
        polls += 1;
        await before(world, polls);
        throw new Error('refused');
      },
      rules: async () => [],
    };
    await world.run(async () => {
      const stop = new AbortController();
      const watch = new AlertWatch(source, 'A', world.clock, recorderOver(world).recorder, awake);
      const running = [awake.run(stop.signal), watch.run(stop.signal)];
      for (const ms of waits) {
        await world.clock.sleep(ms);
        said.push(watch.blind());
      }
      stop.abort();
      await Promise.all(running);
    });
    return said;
  }

  it('is blind after the third poll, not before: one that is lost, or two, are a busy machine', async () => {
    const said = await blindAfter([500, 1_000, 1_000, 1_000]);
    expect(said.map((one) => one?.ms)).toEqual([undefined, undefined, 2_500, 3_500]);
  });

  it('does not count what we slept through ourselves: neither the time nor the poll', async () => {
    const [third, fourth] = await blindAfter([21_500, 1_000], (world, poll) => {
      if (poll === 2) world.clock.standStill(20_000);
    });
    expect(third).toBeUndefined();
    expect(fourth?.ms).toBeGreaterThan(2_000);
    expect(fourth?.ms).toBeLessThan(3_000);
  });

  it('leaves it to the source to say which server did not answer in time', async () => {
    // As long as the client of a server waits.
    const [said] = await blindAfter([12_000], (world) => world.clock.sleep(3_000));
    expect(said?.why).toBe('refused');
  });
});

describe('an expected alert with labels of its own', () => {
  it('is waited for although the same alert fires for another node', async () => {
    const labels = { severity: 'critical' };
    const run = await runSim({
      drills: ({ cluster }) => {
        const source = cluster.alertSource();
        const alert = { name: 'NodeDown', labels: { ...labels, node: 'n2' }, state: 'firing' } as const;
        cluster.alertSource = () => ({
          ...source,
          poll: async () => ({ alerts: cluster.isUp('n1') ? [] : [{ ...alert, where: 'alertmanager' }] }),
        });
        return [simDrill(cluster, { plan: { alerts: [{ name: 'NodeDown', of: 'first', withinMs: 30_000, labels }] } })];
      },
    });
    const waits = ofType(run.records, 'waiting').map(({ detail }) => detail);
    expect(waits).toContainEqual(expect.stringMatching(/^waiting for alert NodeDown firing/));
    expect(run.result?.judgement.session.find(({ spec }) => spec.kind === 'alerts')?.result.status).toBe('FAIL');
  });
});

describe('two expected alerts of one name', () => {
  it('are waited for by the nodes that they are about', async () => {
    const alerts = (['first', 'second'] as const).map((of) => ({ name: 'NodeDown', of, withinMs: 30_000 }));
    const run = await runSim({
      drills: ({ cluster }) => {
        const source = cluster.alertSource();
        cluster.alertSource = () => ({ ...source, poll: async () => ({ alerts: [] }) });
        return [simDrill(cluster, { victims: ['n1', 'n2'], plan: { alerts } })];
      },
    });
    const waits = ofType(run.records, 'waiting').map(({ detail }) => detail);
    expect(waits).toContainEqual(expect.stringContaining('alert NodeDown (n1) firing, alert NodeDown (n2) firing'));
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
