import { describe, expect, it } from 'vitest';
import type { Drill, ScenarioPlan } from '../../src/core/scenario.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { kept } from '../../src/verdict/gates/kept.ts';
import { judgeSession } from '../../src/verdict/judge.ts';
import { notesOf } from '../support/abort-run.ts';
import type { SimCluster } from '../support/sim-cluster.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, type SimSetup, why } from '../support/sim-session.ts';

/** A drill and the one that repeats it, each bound for itself as the program does it. */
function twice(cluster: SimCluster, plan: Partial<ScenarioPlan> = {}): [Drill, Drill] {
  const second = simDrill(cluster, { plan });
  const gates = [...second.plan.gates, kept.spec('kept-writes', 'still there', { ledger: 'writes', maxLost: 0 })];
  return [
    simDrill(cluster, { plan }),
    { ...second, plan: { ...second.plan, id: 'A-2', secondOf: 'A', title: 'Again', gates } },
  ];
}

const verdicts = (run: SimRun) => run.result?.judgement.scenarios.map(({ plan, verdict }) => `${plan.id} ${verdict}`);
const outcomes = (run: SimRun) => run.result?.judgement.scenarios.map(({ outcome }) => outcome);
const whyOf = (run: SimRun, id: string) =>
  run.result?.judgement.scenarios.find(({ plan }) => plan.id === id)?.why ?? 'not judged';
const gateOf = (run: SimRun, id: string) =>
  run.result?.judgement.scenarios[1]?.gates.find(({ spec }) => spec.id === id)?.result;

function run(change: (drills: [Drill, Drill], setup: SimSetup) => readonly Drill[]): Promise<SimRun> {
  return runSim({ drills: (setup) => change(twice(setup.cluster), setup) });
}

describe('a second strike', () => {
  it('is at what survived the first, has gates of its own, and ends where it began', async () => {
    const done = await runSim({ drills: ({ cluster }) => twice(cluster) });
    expect(verdicts(done), why(done)).toEqual(['A PASS', 'A-2 PASS']);
    expect(done.platform.commands).toEqual(['stop n1', 'start n1', 'stop n2', 'start n2']);
    expect(done.cluster.primary()).toBe('n1');
    expect(done.result?.exit).toBe(0);
    expect(ofType(done.records, 'undo.armed').map(({ fault }) => fault)).toEqual(['A1', 'A-2.1']);
    expect(notesOf(done)).toContain('second strike: A struck n1, the turn is at n2, n3');
    expect(done.result?.judgement.headline).toContain('2 of 2 drills passed');
    expect(judgeSession(foldJournal(done.records), [])).toEqual(done.result?.judgement);
  });

  it('is not injected where the turn would be at the same node again', async () => {
    const again = await run(([first, second], { cluster }) => [
      first,
      {
        ...second,
        strike: async () => [{ node: cluster.refs('sim')[0] ?? { name: '', platform: '', labels: {} }, afterMs: 0 }],
      },
    ]);
    expect(outcomes(again)).toEqual(['completed', 'not-injected']);
    expect(whyOf(again, 'A-2')).toContain('the turn would be at n1 again, and the second strike is for what survived');
    expect(again.platform.commands).toEqual(['stop n1', 'start n1']);
    expect(again.result?.exit).toBe(3);
  });

  it('is the same once more where no other node is there', async () => {
    const one = (drill: Drill): Drill => ({
      ...drill,
      plan: { ...drill.plan, nodes: drill.plan.nodes.slice(0, 1), maxDown: 1 },
      strike: async () => [{ node: drill.plan.nodes[0] ?? { name: '', platform: '', labels: {} }, afterMs: 0 }],
    });
    const done = await run(([first, second]) => [one(first), one(second)]);
    expect(done.platform.commands).toEqual(['stop n1', 'start n1', 'stop n1', 'start n1']);
    expect(notesOf(done)).toContain('second strike: A struck n1, no other node is there, so it is struck once more');
  });

  it('is not injected, with the reason, where no victim can be found', async () => {
    const done = await run(([first, second]) => [
      first,
      { ...second, strike: () => Promise.reject(new Error('the session is held by nobody')) },
    ]);
    expect(outcomes(done)).toEqual(['completed', 'not-injected']);
    expect(whyOf(done, 'A-2')).toContain('no victim could be chosen: the session is held by nobody');
  });

  it('fails where the stack only looked healed', async () => {
    const done = await run(([first, second], { cluster }) => {
      // After the first strike every node says that it is well, and none would take over any more.
      const healed: Drill['healed'] = async (context) => {
        cluster.failoverMs = 60_000;
        return first.healed(context);
      };
      return [{ ...first, healed }, second];
    });
    expect(verdicts(done), why(done)).toEqual(['A PASS', 'A-2 FAIL']);
    expect(gateOf(done, 'rto')?.status).toBe('FAIL');
    expect(done.result?.exit).toBe(1);
  });

  it('finds writes of the first strike that do not outlive it', async () => {
    const done = await run(([first, second], { cluster }) => {
      const strike: Drill['strike'] = async (signal) => {
        cluster.acked.delete(20);
        return second.strike(signal);
      };
      return [first, { ...second, strike }];
    });
    // The simulated store knows writes by number alone: what the second strike wrote is another matter.
    expect(gateOf(done, 'kept-writes')).toMatchObject({
      status: 'FAIL',
      reason: expect.stringContaining('1 write of the first strike did not outlive the second'),
    });
  });
});

describe('a second strike is not run', () => {
  it('where the first was not injected', async () => {
    const done = await run(([first, second]) => [
      { ...first, strike: () => Promise.reject(new Error('two primaries')) },
      second,
    ]);
    expect(outcomes(done)).toEqual(['not-injected', 'not-run']);
    expect(whyOf(done, 'A-2')).toContain('the first strike (A) did not end healed: it was not-injected');
    expect(done.result?.exit).toBe(3);
  });

  it('where the first cannot meet its target, and then nothing is broken at all', async () => {
    const check = { name: 'attainable', status: 'unattainable', detail: '30s of 20s', hint: 'lower it' } as const;
    const done = await run(([first, second]) => [{ ...first, preflight: async () => [check] }, second]);
    expect(outcomes(done)).toEqual(['not-injected', 'not-run']);
    expect(whyOf(done, 'A')).toContain('not attainable: 30s of 20s');
    expect(done.platform.commands).toEqual([]);
  });

  it('where the stack did not heal; what the first one wrote is removed all the same', async () => {
    const removed: string[] = [];
    const noting = (drill: Drill): Drill => ({
      ...drill,
      ledgers: drill.ledgers.map((ledger) => ({
        ...ledger,
        remove: async () => void removed.push(drill.plan.id),
      })),
    });
    const sick = await run(([first, second]) => [
      { ...noting(first), healed: async () => ({ ok: false, detail: 'a replica is missing' }) },
      noting(second),
    ]);
    expect(verdicts(sick)).toEqual(['A FAIL', 'A-2 INCONCLUSIVE']);
    expect(outcomes(sick)).toEqual(['completed', 'not-run']);
    expect(removed).toEqual(['A']);
    removed.length = 0;
    await run(([first, second]) => [noting(first), noting(second)]);
    expect(removed).toEqual(['A-2', 'A']);
  });
});

describe('what the second strike saw of the first one’s writes', () => {
  it('is not taken for good where it could not be read', async () => {
    const done = await run(([first, second]) => {
      let audits = 0;
      const once = first.ledgers.map((ledger) => ({
        ...ledger,
        audit: async (...args: Parameters<typeof ledger.audit>) => {
          audits += 1;
          if (audits > 1) throw new Error('nobody answers');
          return ledger.audit(...args);
        },
      }));
      return [{ ...first, ledgers: once }, second];
    });
    expect(gateOf(done, 'kept-writes')).toMatchObject({
      status: 'INCONCLUSIVE',
      reason: expect.stringContaining('nobody answers'),
    });
  });
});
