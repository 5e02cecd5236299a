import { describe, expect, it } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
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
import { runSim, type SimSetup } from '../support/sim-session.ts';

describe('nodes that the drill has not touched', () => {
  it('one goes down between two strikes: the drill ends there', async () => {
    const run = await runSim({
      drills: (setup) => {
        const drill = simDrill(setup.cluster, { victims: ['n1', 'n2'] });
        later(setup, 5_000, () => setup.cluster.stop('n3'));
        const strike: Drill['strike'] = async (signal) =>
          (await drill.strike(signal)).map((victim, index) => ({ ...victim, afterMs: index * 60_000 }));
        return twoDrills(setup.cluster, { ...drill, strike });
      },
    });
    expectAborted(run, /n3 went down, and the drill had not touched it/);
    expect(undoneAfter(run, 5_000)).toBeLessThan(1_200);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('one that freezes is as good as down', async () => {
    const run = await runSim({
      drills: (setup) => {
        const inspect = setup.platform.inspect.bind(setup.platform);
        let frozen = false;
        later(setup, WHILE_DOWN_MS, () => {
          frozen = true;
        });
        setup.platform.inspect = async (node) =>
          frozen && node.name === 'n2' ? { state: 'paused', detail: 'stopped by a signal' } : inspect(node);
        return twoDrills(setup.cluster);
      },
    });
    expectAborted(run, /n2 went paused/);
  });

  it('one is gone although the platform calls it up: the stack misses it and its port is closed', async () => {
    const run = await runSim({
      drills: (setup) => twoDrills(setup.cluster, missing(setup, 'n3', 'n3 refuses connections')),
    });
    expectAborted(run, /n3 is gone \(n3 refuses connections\), and the drill had not touched it/);
  });

  it('one is missed by the stack and still answers: it is not in its place yet, and that is no abort', async () => {
    const run = await runSim({ drills: (setup) => [missing(setup, 'n2', undefined)] });
    expectHolds(run);
  });

  it('the stack cannot be asked: said once, and the platform is asked all the same', async () => {
    const run = await runSim({
      drills: (setup) => {
        const drill = simDrill(setup.cluster, { plan: LONG });
        let blind = false;
        later(setup, WHILE_DOWN_MS, () => {
          blind = true;
        });
        later(setup, 20_000, () => setup.cluster.stop('n3'));
        const membersDown: Drill['membersDown'] = (signal) =>
          blind ? Promise.reject(new Error('monitor: ECONNREFUSED')) : drill.membersDown(signal);
        return twoDrills(setup.cluster, { ...drill, membersDown });
      },
    });
    expectAborted(run, /n3 went down/);
    expect(notesOf(run).filter((text) => text.includes('monitor: ECONNREFUSED'))).toHaveLength(1);
  });
});

/** A drill whose stack misses a node from `WHILE_DOWN_MS` on; `evidence` is what its port says. */
function missing(setup: SimSetup, name: string, evidence: string | undefined): Drill {
  const drill = simDrill(setup.cluster, { plan: evidence === undefined ? {} : LONG });
  let isMissed = false;
  later(setup, WHILE_DOWN_MS, () => {
    isMissed = true;
  });
  later(setup, 12_000, () => {
    isMissed = evidence !== undefined;
  });
  return {
    ...drill,
    membersDown: async (signal) => [...(await drill.membersDown(signal)), ...(isMissed ? [name] : [])],
    gone: async (node, signal) => (isMissed && node.name === name ? evidence : drill.gone(node, signal)),
  };
}
