import { describe, expect, it } from 'vitest';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimRun, why } from '../support/sim-session.ts';

const reasonOf = (run: SimRun) => run.result?.judgement.scenarios[0]?.why ?? '';
const outcomeOf = (run: SimRun) => run.result?.judgement.scenarios[0]?.outcome;

function expectUntouched(run: SimRun): void {
  expect(outcomeOf(run), why(run)).toBe('not-injected');
  expect(run.result?.exit).toBe(3);
  expect(run.platform.commands).toEqual([]);
  expect(ofType(run.records, 'undo.armed')).toEqual([]);
}

describe('before the first fault', () => {
  it('a member that fell by itself counts: one more would be too many', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster, { plan: { maxDown: 1 } });
        // Falls in the very moment in which the victim is chosen: neither preflight nor the steady state saw it.
        const strike = async (signal: AbortSignal) => {
          cluster.stop('n3');
          return drill.strike(signal);
        };
        return [{ ...drill, strike }];
      },
    });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('with n1 2 of 3 would be down, and 1 may be; down now: n3 (');
  });

  it('a member of which the drill alone knows that it does not serve counts too', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [{ ...simDrill(cluster, { plan: { maxDown: 1 } }), membersDown: async () => ['n2'] }],
    });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('down now: n2 (does not serve)');
  });

  it.each([
    ['throws', async () => Promise.reject(new Error('the monitor does not answer'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('a stack whose members cannot be read (it %s) is down altogether', async (_, membersDown) => {
    const run = await runSim({ drills: ({ cluster }) => [{ ...simDrill(cluster), membersDown }] });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('could not be asked');
  });

  it.each(['paused', 'starting', 'down', 'unknown'] as const)(
    'a member that its platform calls %s counts as down, whatever it answers',
    async (state) => {
      const run = await runSim({
        drills: ({ cluster, platform }) => {
          const drill = simDrill(cluster, { plan: { maxDown: 1 } });
          const inspect = platform.inspect.bind(platform);
          const strike = async (signal: AbortSignal) => {
            platform.inspect = async (node) => (node.name === 'n2' ? { state, detail: 'so it is' } : inspect(node));
            return drill.strike(signal);
          };
          return [{ ...drill, strike }];
        },
      });
      expectUntouched(run);
      expect(reasonOf(run)).toContain(`n2 (the platform says ${state})`);
    },
  );

  it('a member that cannot be inspected counts as down', async () => {
    const run = await runSim({
      drills: ({ cluster, platform }) => {
        const drill = simDrill(cluster, { plan: { maxDown: 1 } });
        const strike = async (signal: AbortSignal) => {
          platform.inspectFails = true;
          return drill.strike(signal);
        };
        return [{ ...drill, strike }];
      },
    });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('could not be inspected');
  });

  it('what was seen before the tool stood still is not believed any more: no command is given', async () => {
    let world: SimRun['world'] | undefined;
    const run = await runSim({
      arrange: (setup) => {
        world = setup.world;
      },
      onRecord: ({ type }) => {
        if (type === 'undo.armed') world?.clock.standStill(6_000);
      },
    });
    expect(outcomeOf(run), why(run)).toBe('not-injected');
    expect(reasonOf(run)).toContain('may have lost another member since');
    expect(run.platform.commands.filter((command) => command.startsWith('stop'))).toEqual([]);
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(3);
  });

  it('a victim that is down already is left to whoever took it down', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster);
        const strike = async (signal: AbortSignal) => {
          const victims = await drill.strike(signal);
          cluster.stop('n1');
          return victims;
        };
        return [{ ...drill, strike }];
      },
    });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('n1 is down already, and not by this drill');
    expect(run.cluster.down()).toEqual(['n1']);
  });

  it('a strike that would be too much as a whole is not begun', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { victims: ['n1', 'n2'], plan: { maxDown: 1 } })],
    });
    expectUntouched(run);
    expect(reasonOf(run)).toContain('2 of 3 nodes down at once, and maxDown of scenario A is 1');
  });

  it('a strike whose last node would be too many, because another is down, is not begun', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster, { victims: ['n1', 'n2'], plan: { maxDown: 2 } });
        const strike = async (signal: AbortSignal) => {
          cluster.stop('n3');
          return drill.strike(signal);
        };
        return [{ ...drill, strike }];
      },
    });
    expectUntouched(run);
  });

  it.each([
    [['somebody-elses'], 'somebody-elses is not named in the configuration'],
    [['n1', 'somebody-elses'], 'somebody-elses is not named in the configuration'],
    [['n1', 'n1'], 'one node was chosen twice'],
    [[], 'no victim could be chosen'],
  ])('no strike at %j', async (victims, reason) => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { victims })] });
    expectUntouched(run);
    expect(reasonOf(run)).toContain(reason);
  });

  it('no strike at a node of that name on another platform', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [
        {
          ...simDrill(cluster),
          strike: async () => [{ node: { name: 'n1', platform: 'other', labels: {} }, afterMs: 0 }],
        },
      ],
    });
    expectUntouched(run);
  });
});

describe('between the first fault and the second', () => {
  it('a member that falls by itself ends the drill: the second node is not touched, the first is restored', async () => {
    const run = await runSim({
      drills: ({ world, cluster, platform }) => {
        const stop = platform.stop.bind(platform);
        platform.stop = async (node, options) => {
          await stop(node, options);
          void world.clock.sleep(500).then(() => cluster.stop('n3'));
        };
        return [simDrill(cluster, { victims: ['n1', 'n2'], plan: { maxDown: 2 } })];
      },
    });
    expect(outcomeOf(run), why(run)).toBe('aborted');
    expect(run.result?.exit).toBe(1);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
    expect(run.cluster.down()).toEqual(['n3']);
  });

  it('two may go where two are allowed', async () => {
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { victims: ['n1', 'n2'], plan: { maxDown: 2 } })],
    });
    expect(run.platform.commands).toEqual(['stop n1', 'stop n2', 'start n2', 'start n1']);
    expect(run.cluster.down()).toEqual([]);
  });
});
