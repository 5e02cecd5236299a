import { describe, expect, it } from 'vitest';
import { JOURNAL, recoverSim } from '../support/sim-recovery.ts';
import { ofType, runSim, type SimSetup, why } from '../support/sim-session.ts';

describe('a fault command that does not do as it says', () => {
  it.each(['fail', 'no-effect', 'hang'] as const)(
    '%s: the fault is not proven, the node is undone all the same, nothing is claimed',
    async (script) => {
      const run = await runSim({ arrange: ({ platform }) => void platform.stops.push(script) });
      expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'unproven' });
      expect(run.result?.exit).toBe(3);
      expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
      expect(run.cluster.down()).toEqual([]);
    },
  );

  it('effect-but-fail: the node is gone, but perhaps not by us: undone, and nothing is claimed', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('effect-but-fail') });
    expect(ofType(run.records, 'fault.settled')[0]?.outcome).toBe('failed');
    expect(run.result?.judgement.verdict, why(run)).toBe('INCONCLUSIVE');
    expect(run.cluster.down()).toEqual([]);
  });

  it('effect-but-hang: indeterminate, proven, and undone', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('effect-but-hang') });
    expect(ofType(run.records, 'fault.settled')[0]?.outcome).toBe('indeterminate');
    expect(run.cluster.down()).toEqual([]);
  });

  it('late: a stop that lands after all is still undone before "restored" is said', async () => {
    const run = await runSim({ arrange: ({ platform }) => void platform.stops.push('late') });
    expect(run.cluster.down()).toEqual([]);
    expect(ofType(run.records, 'undo.settled').at(-1)?.outcome).toBe('restored');
  });
});

/** Calls back at the first sync of the journal after the way back has been looked up: the undo is being armed. */
function atArming({ world, platform }: SimSetup, then: () => void): void {
  const byHand = platform.byHand.bind(platform);
  let arming = false;
  platform.byHand = (action, node) => {
    arming = true;
    return byHand(action, node);
  };
  world.fs.fault = ({ kind, path }) => {
    if (arming && kind === 'sync' && path.endsWith('journal.jsonl')) {
      arming = false;
      then();
    }
    return undefined;
  };
}

describe('while the undo is being armed', () => {
  it('a signal comes: nothing is broken any more', async () => {
    const run = await runSim({ arrange: (setup) => atArming(setup, () => setup.world.signals.raise('SIGINT')) });
    expect(run.platform.commands).not.toContain('stop n1');
    expect(run.result?.exit).toBe(130);
  });

  it('the journal is lost: nothing is broken, and nobody is told that a node is down', async () => {
    const run = await runSim({
      arrange: (setup) =>
        atArming(setup, () => {
          setup.world.fs.fault = ({ kind, path }) =>
            kind === 'append' && path.endsWith('journal.jsonl') ? { code: 'ENOSPC' } : undefined;
        }),
    });
    expect(run.platform.commands).not.toContain('stop n1');
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
  });
});

/** A person ends the drill between the request and its command, and an operator has stopped the victim for reasons of his own. */
async function endedAtRequest() {
  let setup: SimSetup | undefined;
  return runSim({
    arrange: (arranged) => {
      setup = arranged;
    },
    onRecord: ({ type }) => {
      if (type !== 'fault.requested') return;
      setup?.cluster.stop('n1');
      setup?.world.signals.raise('SIGINT');
    },
  });
}

describe('a drill that is ended before the command is given', () => {
  it('starts nothing: whoever stopped the node is not us, and the journal says so', async () => {
    const run = await endedAtRequest();
    expect(run.platform.commands).toEqual([]);
    expect(ofType(run.records, 'fault.settled')).toMatchObject([{ outcome: 'failed', commandGiven: false }]);
    expect(ofType(run.records, 'undo.settled')).toMatchObject([
      { node: 'n1', outcome: 'not-restored', detail: expect.stringContaining('it was never asked to stop, yet') },
    ]);
    expect(run.result?.exit).toBe(5);
    expect(why(run)).toContain('n1 was not restored: it was never asked to stop');
    expect(why(run)).toContain('n1 was not asked to stop: the drill was ended before');
    expect(why(run)).toContain('nothing was injected');
  });

  it('and whoever recovers leaves that node alone too, unless an older journal does not say it', async () => {
    const { world } = await endedAtRequest();
    const lines = Buffer.from((await world.fs.readBytes(JOURNAL)) ?? [])
      .toString()
      .split('\n');
    const settled = lines.findIndex((line) => line.includes('"type":"fault.settled"'));
    const recover = (kept: readonly string[]) =>
      recoverSim({ journal: Buffer.from(`${kept.join('\n')}\n`), down: ['n1'] });
    const told = await recover(lines.slice(0, settled + 1));
    expect(told.platform.commands).toEqual([]);
    expect(told.recovered).toMatchObject({ restored: [], notRestored: [{ node: 'n1' }] });
    const untold = await recover(lines.slice(0, settled));
    expect(untold.platform.commands).toEqual(['start n1']);
  });
});
