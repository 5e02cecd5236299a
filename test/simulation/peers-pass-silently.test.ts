import { describe, expect, it } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimOptions, type SimRun, type SimSetup, why } from '../support/sim-session.ts';

// The same situations as in test/unit/peers-pass-silently, lived through by the engine instead of written down.

/** A whole session with one thing changed; it must not pass, and every node must be back. */
async function unpassed(
  options: SimOptions & { readonly change?: (drill: Drill, setup: SimSetup) => Drill },
): Promise<SimRun> {
  const { change = (drill: Drill) => drill, ...rest } = options;
  const run = await runSim({ drills: (setup) => [change(simDrill(setup.cluster), setup)], ...rest });
  expect(run.result?.judgement.verdict, why(run)).not.toBe('PASS');
  expect(run.result?.exit).not.toBe(0);
  expect(run.cluster.down()).toEqual([]);
  return run;
}

describe('a peer exits 0, gameday does not', () => {
  it('the steady state is out of tolerance before the fault: nothing is broken', async () => {
    const run = await unpassed({
      change: (drill) => ({ ...drill, steady: async () => ({ ok: false, detail: 'only half of it' }) }),
    });
    expect(run.result).toMatchObject({ exit: 3 });
    expect(run.platform.commands).toEqual([]);
  });

  it('the fault action raises, or ends with exit 1, though the node is gone', async () => {
    for (const script of ['fail', 'effect-but-fail'] as const) {
      const run = await unpassed({ arrange: ({ platform }) => void platform.stops.push(script) });
      expect(run.result).toMatchObject({ exit: 3, judgement: { verdict: 'INCONCLUSIVE' } });
    }
  });

  it('the undo raises at first, and service is called broken for as long as it was', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.starts.push('fail') });
    expect(ofType(run.records, 'undo.settled')).toMatchObject([{ outcome: 'restored' }]);
    expect(run.platform.commands.filter((command) => command === 'start n1')).toHaveLength(2);
  });

  it('a continuous probe breaks and heals in the middle', async () => {
    const run = await unpassed({
      drills: ({ cluster, world }) => {
        void world.clock.sleep(7_000).then(async () => {
          cluster.broken = true;
          await world.clock.sleep(35_000);
          cluster.broken = false;
        });
        return [simDrill(cluster, { plan: { outageMs: 60_000 } })];
      },
    });
    expect(run.result).toMatchObject({ exit: 1, judgement: { verdict: 'FAIL' } });
  });

  it('Ctrl-C in the middle', async () => {
    const run = await unpassed({
      arrange: ({ world }) => void world.clock.sleep(8_000).then(() => world.signals.raise('SIGINT')),
    });
    expect(run.result?.exit).toBe(130);
    expect(ofType(run.records, 'undo.settled')).toMatchObject([{ outcome: 'restored' }]);
  });
});

describe('what was not seen is not good', () => {
  it('another process answers at the port of the stopped node: it is not proven gone', async () => {
    const run = await unpassed({ change: (drill) => ({ ...drill, gone: async () => undefined }) });
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
    expect(ofType(run.records, 'fault.proven')).toEqual([]);
  });

  it('the observation ends before service is back', async () => {
    const run = await unpassed({
      arrange: ({ cluster }) => {
        cluster.failoverMs = 1_000_000;
      },
      drills: ({ cluster }) => [simDrill(cluster, { plan: { observeDeadlineMs: 12_000 } })],
    });
    const [drill] = run.result?.judgement.scenarios ?? [];
    expect(drill?.gates.find((one) => one.spec.id === 'rto')?.result.status).toBe('INCONCLUSIVE');
  });

  it('a stand-in answers instead of the service all the time', async () => {
    const run = await unpassed({
      change: (drill) => ({
        ...drill,
        probes: drill.probes.map((probe) => ({
          ...probe,
          sample: async () => ({ outcome: 'protocol', detail: 'a page of something in between' }) as const,
        })),
      }),
    });
    expect(run.result?.judgement.verdict).not.toBe('PASS');
  });

  it('no look of a probe is ever answered or ended', async () => {
    await unpassed({
      change: (drill) => ({
        ...drill,
        probes: drill.probes.map((probe) => ({ ...probe, sample: () => new Promise<never>(() => undefined) })),
      }),
    });
  });
});
