import { describe, expect, it } from 'vitest';
import { simDrill } from '../support/sim-drill.ts';
import { runSim, why } from '../support/sim-session.ts';

describe('a drill that has to end early', () => {
  it('an untouched node goes down: abort, restore, FAIL, and the rest is not run', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(8_000).then(() => cluster.stop('n3'));
        return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
      },
    });
    expect(
      run.result?.judgement.scenarios.map(({ outcome }) => outcome),
      why(run),
    ).toEqual(['aborted', 'not-run']);
    expect(run.result?.exit).toBe(1);
    expect(run.cluster.isUp('n1')).toBe(true);
  });

  it('users see errors for too long: abort, restore, FAIL', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(6_000).then(() => {
          cluster.broken = true;
        });
        return [simDrill(cluster, { plan: { outageMs: 120_000, observeDeadlineMs: 130_000 } })];
      },
    });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('aborted');
    expect(run.cluster.isUp('n1')).toBe(true);
    expect(run.result?.exit).toBe(1);
  });

  it.each([1_000, 3_500, 5_000, 9_000, 17_500])(
    'a signal after %dms: everything is restored and the exit is 130',
    async (ms) => {
      const run = await runSim({
        arrange: ({ world }) => void world.clock.sleep(ms).then(() => world.signals.raise('SIGINT')),
      });
      expect(run.result?.exit, why(run)).toBe(130);
      expect(run.cluster.down()).toEqual([]);
    },
  );

  it('a signal while everything is still being looked at: nothing is broken, and it is no refusal', async () => {
    const run = await runSim({
      drills: ({ world, cluster }) => {
        void world.clock.sleep(500).then(() => world.signals.raise('SIGINT'));
        const preflight = async (signal: AbortSignal) => {
          await world.clock.sleep(2_000, signal);
          signal.throwIfAborted();
          return [];
        };
        return [{ ...simDrill(cluster), preflight }];
      },
    });
    expect(run.result?.exit, why(run)).toBe(130);
    expect(run.platform.commands).toEqual([]);
  });

  it('a second and third signal do not cut the restore short', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        platform.starts.push('no-effect', 'fail');
        for (const ms of [5_000, 5_100, 5_200]) void world.clock.sleep(ms).then(() => world.signals.raise('SIGTERM'));
      },
    });
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(130);
  });
});
