import { describe, expect, it } from 'vitest';
import { simDrill } from '../support/sim-drill.ts';
import { runSim, why } from '../support/sim-session.ts';

describe('a promise that does not hold', () => {
  it('a failover that takes too long is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.failoverMs = 60_000;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('a lost write is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.loseAtFailover = 3;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('an outage without a log line is FAIL', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        simDrill(cluster, {
          plan: { logs: [{ name: 'never', nodes: ['app'], pattern: 'no such line', withinMs: 10_000 }] },
        }),
      ],
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('an alert that never comes is FAIL', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.muted = true;
      },
    });
    expect(run.result?.exit, why(run)).toBe(1);
  });

  it('an alert that never comes is FAIL, however long the proof of the fault took', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.muted = true;
      },
      drills: ({ cluster }) => {
        const drill = simDrill(cluster);
        let asked: number | undefined;
        return [
          {
            ...drill,
            gone: async (node, signal) => {
              asked ??= cluster.clock.now();
              return cluster.clock.now() - asked < 4_000 ? undefined : drill.gone(node, signal);
            },
          },
        ];
      },
    });
    expect(run.result?.judgement.session.find(({ spec }) => spec.id === 'alerts')?.result.status, why(run)).toBe(
      'FAIL',
    );
  });
});

describe('a mistake of our own', () => {
  it('ends the drill, and the exit says whose fault it was', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster);
        const gone = () => {
          throw new TypeError("Cannot read properties of undefined (reading 'host')");
        };
        return [{ ...drill, strike: async () => (await drill.strike(new AbortController().signal)).map(gone) }];
      },
    });
    expect(run.result?.exit, why(run)).toBe(4);
    expect(run.cluster.down()).toEqual([]);
  });

  it("a stack's own error is INCONCLUSIVE, exit 3", async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        {
          ...simDrill(cluster),
          strike: () => Promise.reject(new Error('monitor: connect ECONNREFUSED 127.0.0.1:5432')),
        },
      ],
    });
    expect(run.result?.exit, why(run)).toBe(3);
  });
});

describe('what could not be seen', () => {
  it('no alerts reachable: the drill runs, its alert gate is INCONCLUSIVE, never PASS', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.alertsReachable = false;
      },
    });
    expect(run.result?.judgement.session.find(({ spec }) => spec.id === 'alerts')?.result.status).toBe('INCONCLUSIVE');
    expect(run.result?.exit, why(run)).toBe(3);
  });

  it('alerts that cannot be read any more in mid-drill: INCONCLUSIVE, and the stack is not called unhealed for it', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) =>
        void world.clock.sleep(11_000).then(() => {
          cluster.alertsReachable = false;
        }),
    });
    expect(run.result?.judgement.scenarios[0]?.verdict, why(run)).toBe('PASS');
    expect(run.result?.exit, why(run)).toBe(3);
  });

  it('no gates: nothing is proven', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { gates: [] })] });
    expect(run.result?.judgement.scenarios[0]?.verdict).toBe('INCONCLUSIVE');
  });

  it('a stack that never serves again after the undo is not healed', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        {
          ...simDrill(cluster, { plan: { recoversAfter: 'undo' } }),
          recovered: async () => ({ ok: false, detail: 'n2 refuses writes' }),
        },
      ],
    });
    expect(run.result?.judgement.scenarios[0]?.verdict).toBe('FAIL');
    expect(run.result?.judgement.scenarios[0]?.why).toContain('not healed: n2 refuses writes');
  });

  it('a node that is starting again by itself voids the measurement', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        const inspect = platform.inspect.bind(platform);
        let back = false;
        void world.clock.sleep(8_000).then(() => {
          back = true;
        });
        platform.inspect = async (node) =>
          back && node.name === 'n1' && !platform.commands.includes('start n1')
            ? { state: 'starting', detail: 'something restarts it' }
            : inspect(node);
      },
    });
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
  });

  it('a node that comes back by itself voids the measurement', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) => void world.clock.sleep(8_000).then(() => cluster.start('n1')),
    });
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
  });
});
