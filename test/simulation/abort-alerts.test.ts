import { describe, expect, it } from 'vitest';
import type { AlertState } from '../../src/core/alert.ts';
import {
  expectAborted,
  expectHolds,
  LONG,
  later,
  notesOf,
  twoDrills,
  undoneAfter,
  WHILE_DOWN_MS,
} from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, type SimSetup, why } from '../support/sim-session.ts';

/** The drill under way ends as an error for that reason, and no other one is begun. */
function expectBlindEnd(run: SimRun, because: RegExp): void {
  const scenarios = run.result?.judgement.scenarios ?? [];
  expect(
    scenarios.map(({ outcome, verdict }) => [outcome, verdict]),
    why(run),
  ).toEqual([
    ['error', 'INCONCLUSIVE'],
    ['not-run', 'INCONCLUSIVE'],
  ]);
  expect(scenarios[0]?.why).toMatch(because);
}

describe('alerts that end a drill', () => {
  const disk: AlertState = { name: 'DiskFull', labels: { node: 'n3' }, state: 'firing', where: 'prometheus' };
  const inAlertmanager: AlertState = { ...disk, where: 'alertmanager', labels: { node: 'n3', cluster: 'one' } };

  /** The cluster's own alerts, and others that a test decides on. */
  function alsoFiring({ cluster }: SimSetup, more: () => readonly AlertState[]): void {
    const source = cluster.alertSource();
    cluster.alertSource = () => ({
      ...source,
      poll: async (signal) => ({ alerts: [...(await source.poll(signal)).alerts, ...more()] }),
    });
  }

  it('one begins to fire: the drill ends', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      drills: (setup) => {
        let firing: readonly AlertState[] = [];
        alsoFiring(setup, () => firing);
        later(setup, WHILE_DOWN_MS, () => {
          firing = [disk];
        });
        later(setup, 12_000, () => {
          firing = [];
        });
        return twoDrills(setup.cluster);
      },
    });
    expectAborted(run, /alert DiskFull fires in prometheus, which is set to end a drill/);
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(2_500);
  });

  it('another one, or one that is only pending, does not', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      arrange: (setup) => {
        let on = false;
        later(setup, WHILE_DOWN_MS, () => {
          on = true;
        });
        later(setup, 12_000, () => {
          on = false;
        });
        alsoFiring(setup, () =>
          on
            ? [
                { ...disk, state: 'pending' },
                { ...disk, name: 'Other' },
              ]
            : [],
        );
      },
    });
    expectHolds(run);
  });

  it('one that fired before the fault does not, wherever it is seen later; said once', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      arrange: (setup) => {
        let seen: readonly AlertState[] = [disk];
        later(setup, WHILE_DOWN_MS, () => {
          seen = [disk, inAlertmanager];
        });
        alsoFiring(setup, () => seen);
        later(setup, 14_000, () => {
          seen = [disk];
        });
      },
    });
    expect(ofType(run.records, 'abort')).toEqual([]);
    expect(notesOf(run)).toEqual([
      'DiskFull fired already before the fault: that instance of it cannot end this drill',
    ]);
  });

  it('one that the scenario expects of its victim does not', async () => {
    expectHolds(await runSim({ abort: { alerts: ['NodeDown'] } }));
  });

  it('they cannot be read before the fault: nothing is broken', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      arrange: ({ cluster }) => {
        cluster.alertsReachable = false;
      },
    });
    expect(run.result?.judgement.scenarios).toMatchObject([
      { outcome: 'not-injected', verdict: 'INCONCLUSIVE', why: expect.stringContaining('alerts cannot be read') },
    ]);
    expect(run.platform.commands).toEqual([]);
    expect(run.result?.exit).toBe(3);
  });

  it('they cannot be read for long while a node is down: it is restored at once, and no other drill is begun', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      drills: (setup) => {
        later(setup, WHILE_DOWN_MS, () => {
          setup.cluster.alertsReachable = false;
        });
        return twoDrills(setup.cluster);
      },
    });
    expectBlindEnd(run, /alerts could not be read for \S+, so that nobody would see DiskFull fire.*ECONNREFUSED/);
    expect(notesOf(run)).toContain('alerts cannot be read: meanwhile DiskFull cannot end this drill');
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeGreaterThan(9_000);
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(12_500);
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(3);
  });

  it('every other poll is lost: the steady state is none the later', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      arrange: ({ cluster }) => {
        const source = cluster.alertSource();
        let polls = 0;
        cluster.alertSource = () => ({
          ...source,
          async poll(signal) {
            polls += 1;
            if (polls % 2 === 0) throw new Error('too busy');
            return source.poll(signal);
          },
        });
      },
    });
    expect(run.result?.judgement.scenarios[0]?.outcome, why(run)).toBe('completed');
    const [first, fault] = [run.records[0], ofType(run.records, 'fault.requested')[0]];
    expect((fault?.t ?? Number.NaN) - (first?.t ?? 0)).toBeLessThan(WHILE_DOWN_MS);
  });

  describe('they are lost between the steady state and the fault', () => {
    /** The rules are asked for when the steady state has held. */
    function lostWithTheRules({ cluster, world }: SimSetup, ms: number): void {
      const source = cluster.alertSource();
      let back = Number.NEGATIVE_INFINITY;
      const lost = <T>(answer: () => Promise<T>) =>
        world.clock.now() < back ? Promise.reject(new Error('Alertmanager: ECONNREFUSED')) : answer();
      cluster.alertSource = () => ({
        ...source,
        poll: (signal) => lost(() => source.poll(signal)),
        rules: (signal) => {
          if (back < 0) back = world.clock.now() + ms;
          return lost(() => source.rules(signal));
        },
      });
    }

    it('for good: nothing is broken, and what hinders is named', async () => {
      const run = await runSim({
        abort: { alerts: ['DiskFull'] },
        arrange: (setup) => lostWithTheRules(setup, 3_600_000),
      });
      expect(run.result?.judgement.scenarios, why(run)).toMatchObject([
        {
          outcome: 'not-injected',
          why: expect.stringMatching(/alerts cannot be read, and DiskFull is set to end a drill: Alertmanager: ECONN/),
        },
      ]);
      expect(run.platform.commands).toEqual([]);
    });

    it('for a moment: the fault waits for them, and the baseline is taken then', async () => {
      const run = await runSim({ abort: { alerts: ['DiskFull'] }, arrange: (setup) => lostWithTheRules(setup, 1_500) });
      expectHolds(run);
      const again = ofType(run.records, 'alert.reachability').at(-1);
      expect(again?.reachable).toBe(true);
      const fault = ofType(run.records, 'fault.requested')[0]?.seq;
      expect(fault).toBeGreaterThan(again?.seq ?? Number.NaN);
      expect(ofType(run.records, 'alert.baseline').map(({ seq }) => seq < (fault ?? 0))).toEqual([true]);
    });

    /** An alert that the scenario expects fires from the steady state on, seen or not. */
    function expectedFires(setup: SimSetup, ms: number): void {
      const { cluster, world } = setup;
      lostWithTheRules(setup, 1_500);
      const source = cluster.alertSource();
      const alert = { name: 'NodeDown', labels: { node: 'n1' }, state: 'firing', where: 'prometheus' } as const;
      let from = Number.POSITIVE_INFINITY;
      cluster.alertSource = () => ({
        ...source,
        async poll(signal) {
          const { alerts } = await source.poll(signal);
          const isOn = world.clock.now() >= from && world.clock.now() < from + ms;
          return { alerts: isOn ? [alert, ...alerts] : alerts };
        },
        async rules(signal) {
          from = Math.min(from, world.clock.now());
          return source.rules(signal);
        },
      });
    }

    it('an expected alert fires when they are back: the drill waits for it to clear', async () => {
      const run = await runSim({ abort: { alerts: ['DiskFull'] }, arrange: (setup) => expectedFires(setup, 6_000) });
      expectHolds(run);
      const cleared = ofType(run.records, 'alert.changed').find(({ to }) => to === 'inactive');
      const fault = ofType(run.records, 'fault.requested')[0]?.seq;
      expect(fault).toBeGreaterThan(cleared?.seq ?? Number.NaN);
      const baselines = ofType(run.records, 'alert.baseline');
      expect(baselines.at(-1)).toMatchObject({ active: [] });
      expect(baselines.at(-1)?.seq).toBeGreaterThan(cleared?.seq ?? Number.NaN);
    });

    it('it does not clear: nothing is broken, within the time that the steady state has', async () => {
      const run = await runSim({
        abort: { alerts: ['DiskFull'] },
        arrange: (setup) => expectedFires(setup, 3_600_000),
      });
      expect(run.result?.judgement.scenarios, why(run)).toMatchObject([
        { outcome: 'not-injected', why: expect.stringMatching(/no steady state within 48s: alert NodeDown is firing/) },
      ]);
      expect(run.platform.commands).toEqual([]);
      expect(ofType(run.records, 'phase.ended').at(0)?.t).toBeLessThan((run.records[0]?.t ?? 0) + 55_000);
    });

    it('the stack is no longer well when they are back: the drill waits for it', async () => {
      const run = await runSim({
        abort: { alerts: ['DiskFull'] },
        drills: (setup) => {
          const { cluster, world } = setup;
          lostWithTheRules(setup, 1_500);
          const source = cluster.alertSource();
          let illFrom = Number.POSITIVE_INFINITY;
          cluster.alertSource = () => ({
            ...source,
            async rules(signal) {
              illFrom = Math.min(illFrom, world.clock.now());
              return source.rules(signal);
            },
          });
          const drill = simDrill(cluster);
          const isIll = () => world.clock.now() >= illFrom && world.clock.now() < illFrom + 6_000;
          return [
            {
              ...drill,
              steady: async (context) => (isIll() ? { ok: false, detail: 'a replica is gone' } : drill.steady(context)),
            },
          ];
        },
      });
      expectHolds(run);
      const [ill] = ofType(run.records, 'waiting').filter(({ detail }) => detail === 'a replica is gone');
      const fault = ofType(run.records, 'fault.requested')[0];
      expect((fault?.t ?? Number.NaN) - (ill?.t ?? Number.NaN)).toBeGreaterThan(4_500);
    });
  });

  it('they cannot be read for some seconds, and the tool stands still meanwhile: the drill goes on', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      drills: (setup) => {
        later(setup, WHILE_DOWN_MS, () => {
          setup.cluster.alertsReachable = false;
        });
        later(setup, WHILE_DOWN_MS + 1_500, () => setup.world.clock.standStill(9_000));
        later(setup, WHILE_DOWN_MS + 13_000, () => {
          setup.cluster.alertsReachable = true;
        });
        return [simDrill(setup.cluster, { plan: LONG })];
      },
    });
    expect(run.result?.judgement.scenarios[0]?.outcome, why(run)).toBe('completed');
  });

  describe('the tool hardly gets to run', () => {
    /** From a time on something happens in each poll before it is asked. */
    function inPolls({ cluster, world }: SimSetup, happens: (poll: number, signal: AbortSignal) => unknown): void {
      const source = cluster.alertSource();
      const start = world.clock.now();
      let polls = 0;
      cluster.alertSource = () => ({
        ...source,
        async poll(signal) {
          if (world.clock.now() >= start + WHILE_DOWN_MS) {
            polls += 1;
            await happens(polls, signal);
          }
          return source.poll(signal);
        },
      });
    }

    it('no poll is answered, and all are lost by the tool: it is restored all the same', async () => {
      const run = await runSim({
        abort: { alerts: ['DiskFull'] },
        drills: (setup) => {
          const { clock } = setup.world;
          inPolls(setup, (_, signal) => {
            clock.standStill(1_900);
            return clock.sleep(3_600_000, signal);
          });
          return twoDrills(setup.cluster);
        },
      });
      expectBlindEnd(
        run,
        /alerts could not be read for \S+, so that nobody would see DiskFull fire.*gameday itself hardly got to run/,
      );
      expect(undoneAfter(run, WHILE_DOWN_MS)).toBeGreaterThan(25_000);
      expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(34_000);
      expect(run.cluster.down()).toEqual([]);
    });

    it('it is stopped for a while amidst a poll: it asks once more before it ends anything', async () => {
      const run = await runSim({
        abort: { alerts: ['DiskFull'] },
        drills: (setup) => {
          const { clock } = setup.world;
          inPolls(setup, (poll, signal) => {
            if (poll === 1) clock.standStill(40_000);
            return clock.sleep(poll === 1 ? 3_600_000 : 2_500, signal);
          });
          return [simDrill(setup.cluster, { plan: LONG })];
        },
      });
      expect(run.result?.judgement.scenarios[0]?.outcome, why(run)).toBe('completed');
    });
  });

  it('they cannot be read for some seconds: the drill goes on', async () => {
    const run = await runSim({
      abort: { alerts: ['DiskFull'] },
      arrange: (setup) => {
        later(setup, WHILE_DOWN_MS - 2_500, () => {
          setup.cluster.alertsReachable = false;
        });
        later(setup, WHILE_DOWN_MS + 500, () => {
          setup.cluster.alertsReachable = true;
        });
      },
    });
    expect(run.result?.judgement.scenarios[0]?.outcome, why(run)).toBe('completed');
  });

  it('they cannot be read, and none of them is set to end a drill: it goes on', async () => {
    const run = await runSim({
      arrange: (setup) =>
        later(setup, WHILE_DOWN_MS, () => {
          setup.cluster.alertsReachable = false;
        }),
    });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('completed');
    expect(run.cluster.down()).toEqual([]);
  });
});
