import { describe, expect, it } from 'vitest';
import { expectAborted, later, notesOf, twoDrills, undoneAfter, WHILE_DOWN_MS } from '../support/abort-run.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim } from '../support/sim-session.ts';

const INBOX = '/srv/sessions/one/inbox';

describe('somebody asks for the end', () => {
  it('by a file named abort: restored at once, and the rest is not run', async () => {
    const run = await runSim({
      drills: (setup) => {
        later(setup, WHILE_DOWN_MS, () => setup.world.fs.write(`${INBOX}/abort`, ''));
        return twoDrills(setup.cluster);
      },
    });
    expectAborted(run, /a file named abort was put into the inbox/);
    expect(undoneAfter(run, WHILE_DOWN_MS)).toBeLessThan(700);
    expect(run.result?.judgement.scenarios[1]?.why).toContain('aborted');
  });

  it('while a stop hangs: it is given up, and the node is restored', async () => {
    const run = await runSim({
      drills: (setup) => {
        setup.platform.stop = (node, { signal }) => {
          setup.cluster.stop(node.name);
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
        };
        later(setup, 4_000, () => setup.world.fs.write(`${INBOX}/abort`, 'enough'));
        return twoDrills(setup.cluster);
      },
    });
    expectAborted(run, /somebody asked for it: enough/);
    expect(ofType(run.records, 'fault.settled')[0]).toMatchObject({ outcome: 'indeterminate' });
    expect(undoneAfter(run, 4_000)).toBeLessThan(700);
  });

  it('before anything was broken: nothing is injected, nothing has failed, and the rest is not run', async () => {
    const run = await runSim({
      drills: (setup) => {
        later(setup, 1_500, () => setup.world.fs.write(`${INBOX}/abort`, 'not today'));
        return twoDrills(setup.cluster);
      },
    });
    const scenarios = run.result?.judgement.scenarios ?? [];
    expect(scenarios.map(({ outcome }) => outcome)).toEqual(['not-injected', 'not-run']);
    expect(scenarios[0]?.why).toContain('not today');
    expect(run.platform.commands).toEqual([]);
    expect(run.result?.exit).toBe(3);
  });

  it('between the looks of the preflight: no drill begins', async () => {
    const run = await runSim({
      drills: (setup) => {
        const preflight = async () => {
          await setup.world.fs.write(`${INBOX}/abort`, '');
          await setup.world.clock.sleep(1_000);
          return [];
        };
        return twoDrills(setup.cluster, { ...simDrill(setup.cluster), preflight });
      },
    });
    expect(run.result?.judgement.scenarios.map(({ outcome }) => outcome)).toEqual(['not-run', 'not-run']);
    expect(notesOf(run)).toEqual([expect.stringContaining('abort, no drill is running')]);
    expect(run.platform.commands).toEqual([]);
  });

  it('while the stack heals: it may heal, the drill has failed, and the rest is not run', async () => {
    const run = await runSim({
      drills: (setup) => {
        later(setup, 16_000, () => setup.world.fs.write(`${INBOX}/abort`, 'enough'));
        return twoDrills(setup.cluster, simDrill(setup.cluster));
      },
    });
    expectAborted(run, /somebody asked for it: enough/);
    expect(run.view.scenarios[0]?.phases.find(({ phase }) => phase === 'verify')).toMatchObject({ ok: true });
    expect(ofType(run.records, 'ledger.audited')).toHaveLength(1);
  });
});
