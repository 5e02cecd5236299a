import { describe, expect, it } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
import { expectAborted, expectHolds, later, twoDrills, undoneAfter, WHILE_DOWN_MS } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim } from '../support/sim-session.ts';

describe('the budget of errors that users see', () => {
  it('a run of errors that lasts too long ends the drill, and not only when it is over', async () => {
    const run = await runSim({
      abort: { errorRunMs: 5_000 },
      drills: (setup) => {
        later(setup, WHILE_DOWN_MS, () => {
          setup.cluster.broken = true;
        });
        return twoDrills(setup.cluster);
      },
    });
    expectAborted(run, /users saw errors at api for 5s, and 5s may be/);
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(5_600);
  });

  it('is looked at between two strikes too: the second node is not touched any more', async () => {
    const run = await runSim({
      abort: { errorRunMs: 5_000 },
      drills: (setup) => {
        const drill = simDrill(setup.cluster, { victims: ['n1', 'n2'] });
        later(setup, 4_000, () => {
          setup.cluster.broken = true;
        });
        const strike: Drill['strike'] = async (signal) =>
          (await drill.strike(signal)).map((victim, index) => ({ ...victim, afterMs: index * 60_000 }));
        return twoDrills(setup.cluster, { ...drill, strike });
      },
    });
    expectAborted(run, /users saw errors/);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('counts errors that do not last as well', async () => {
    const run = await runSim({
      abort: { errors: 10 },
      drills: (setup) => {
        const { world, cluster } = setup;
        void (async () => {
          await world.clock.sleep(WHILE_DOWN_MS);
          for (let flap = 0; flap < 60; flap += 1) {
            cluster.broken = !cluster.broken;
            await world.clock.sleep(500);
          }
          cluster.broken = false;
        })();
        return twoDrills(cluster);
      },
    });
    expectAborted(run, /users saw 10 errors since the fault, and fewer than 10 may be/);
  });

  it('has nothing to do with what the scenario expects: writes that fail until the failover', async () => {
    const run = await runSim({
      abort: { errors: 1, errorRunMs: 1 },
      arrange: ({ cluster }) => {
        cluster.failoverMs = 8_000;
      },
    });
    expect(ofType(run.records, 'ledger.entries').flatMap((event) => event.items)).toContainEqual(
      expect.arrayContaining(['rejected']),
    );
    expectHolds(run);
  });

  it('has nothing to do with what went wrong before the fault', async () => {
    const run = await runSim({
      abort: { errors: 1 },
      arrange: (setup) => {
        setup.cluster.broken = true;
        later(setup, 2_000, () => {
          setup.cluster.broken = false;
        });
      },
    });
    expectHolds(run);
  });

  it('by default, is more than errors without a long run use up', async () => {
    const run = await runSim({
      abort: { errorRunMs: 1_000_000 },
      arrange: (setup) =>
        later(setup, WHILE_DOWN_MS, () => {
          setup.cluster.broken = true;
          later(setup, 25_000, () => {
            setup.cluster.broken = false;
          });
        }),
    });
    expect(ofType(run.records, 'abort')).toEqual([]);
  });
});
