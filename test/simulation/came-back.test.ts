import { describe, expect, it } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
import { findingsOf } from '../../src/report/findings.ts';
import { LONG, later, undoneAfter } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, type SimSetup, why } from '../support/sim-session.ts';

const judged = (run: SimRun) => run.result?.judgement.scenarios[0];
const findings = (run: SimRun) => {
  if (run.result === undefined) throw new Error(String(run.error));
  return findingsOf(run.view, run.result.judgement).map(({ kind, text }) => `${kind}: ${text}`);
};

/** Starts a node again as long as it is found down, as a supervisor does. */
function supervise({ world, cluster }: SimSetup, name: string, afterMs: number): void {
  const stop = cluster.stop.bind(cluster);
  cluster.stop = (node) => {
    stop(node);
    if (node === name) void world.clock.sleep(afterMs).then(() => cluster.start(name));
  };
}

describe('a victim that comes back by itself', () => {
  it.each([300, 2_000, 9_500])(
    '%dms after it was stopped: the measurement is void, whatever the gates saw',
    async (ms) => {
      const run = await runSim({ arrange: (setup) => supervise(setup, 'n1', ms) });
      expect(judged(run), why(run)).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
      expect(judged(run)?.why).toMatch(/^n1 came back by itself .* after it was proven gone \(sim says up/);
      expect(ofType(run.records, 'fault.returned')).toMatchObject([{ scenario: 'A', fault: 'A1', node: 'n1' }]);
      const gates = judged(run)?.gates.map(({ spec, result }) => `${spec.id} ${result.status}`);
      expect(gates).toEqual(expect.arrayContaining(['rto INCONCLUSIVE', 'loud INCONCLUSIVE', 'restored PASS']));
      expect(findings(run)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^came-back: n1 came back by itself .*restart policy/)]),
      );
      expect(run.result?.exit).toBe(3);
      expect(run.cluster.down()).toEqual([]);
    },
  );

  it('is no failure of the stack, though a gate had failed before', async () => {
    const run = await runSim({
      arrange: (setup) => {
        setup.cluster.failoverMs = 120_000;
        supervise(setup, 'n1', 40_000);
      },
    });
    expect(judged(run)?.gates.find(({ spec }) => spec.id === 'rto')?.result).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('the measurement is void'),
    });
    expect(judged(run)?.verdict).toBe('INCONCLUSIVE');
  });

  it('as an orphan that the platform does not know: its port answers again, twice', async () => {
    const run = await runSim({
      drills: (setup) => {
        const drill = simDrill(setup.cluster, { plan: LONG });
        let answers = false;
        later(setup, 6_000, () => {
          answers = true;
        });
        const gone: Drill['gone'] = async (node, signal) => (answers ? undefined : drill.gone(node, signal));
        return [{ ...drill, gone }];
      },
    });
    expect(judged(run), why(run)).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
    expect(judged(run)?.why).toContain('something answers in its place');
    expect(undoneAfter(run, 6_000)).toBeLessThan(4_500);
  });

  it('is not said of a node whose evidence could not be looked at, or was lost for one look', async () => {
    const run = await runSim({
      drills: (setup) => {
        const drill = simDrill(setup.cluster);
        let looks = 0;
        const gone: Drill['gone'] = async (node, signal) => {
          looks += 1;
          if (looks === 3) return undefined;
          if (looks > 3) throw new Error('too many open files');
          return drill.gone(node, signal);
        };
        return [{ ...drill, gone }];
      },
    });
    expect(judged(run)?.verdict, why(run)).toBe('PASS');
    expect(ofType(run.records, 'fault.returned')).toEqual([]);
  });
});

describe('an untouched node that goes down at the same time', () => {
  it('ends the drill and is a finding', async () => {
    const run = await runSim({
      drills: (setup) => {
        later(setup, 6_000, () => setup.cluster.stop('n3'));
        return [simDrill(setup.cluster, { plan: LONG })];
      },
    });
    expect(judged(run)).toMatchObject({ verdict: 'FAIL', outcome: 'aborted' });
    expect(findings(run)).toContain('untouched-node: n3 went down, and the drill had not touched it');
  });
});
