import { describe, expect, it } from 'vitest';
import type { AlertState } from '../../src/core/alert.ts';
import {
  expectAborted,
  expectHolds,
  later,
  notesOf,
  twoDrills,
  undoneAfter,
  WHILE_DOWN_MS,
} from '../support/abort-run.ts';
import { ofType, runSim, type SimSetup, why } from '../support/sim-session.ts';

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
    const scenarios = run.result?.judgement.scenarios ?? [];
    expect(
      scenarios.map(({ outcome, verdict }) => [outcome, verdict]),
      why(run),
    ).toEqual([
      ['error', 'INCONCLUSIVE'],
      ['not-run', 'INCONCLUSIVE'],
    ]);
    expect(scenarios[0]?.why).toMatch(
      /alerts could not be read for \S+, so that nobody would see DiskFull fire.*ECONNREFUSED/,
    );
    expect(notesOf(run)).toContain('alerts cannot be read: meanwhile DiskFull cannot end this drill');
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeGreaterThan(9_000);
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(12_500);
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(3);
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
