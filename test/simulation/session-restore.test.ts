import { describe, expect, it } from 'vitest';
import { simDrill, withHealth } from '../support/sim-drill.ts';
import { ofType, runSim } from '../support/sim-session.ts';

describe('an API that tells of its components after the undo', () => {
  type Facts = Readonly<Record<string, string>>;
  const telling = (ill: Facts, afterwards: Facts) =>
    runSim({
      drills: ({ cluster, platform }) => [
        withHealth(simDrill(cluster, { plan: { component: 'store' } }), () => {
          if (!cluster.isUp('n1')) return ill;
          return platform.commands.includes('start n1') ? afterwards : { status: 'healthy' };
        }),
      ],
    });

  it('healed only when the drilled one is no longer called ill', async () => {
    const ill = { status: 'degraded', store: 'degraded' };
    const never = await telling(ill, ill);
    expect(never.result?.judgement.scenarios[0]).toMatchObject({
      verdict: 'FAIL',
      why: expect.stringContaining('the API calls store degraded'),
    });
    const soon = await telling(ill, { status: 'healthy', store: 'healthy' });
    expect(soon.result?.judgement.scenarios[0]?.verdict).toBe('PASS');
  });

  it('one that is told of only while it is ill is well when it is told of no longer', async () => {
    const run = await telling({ status: 'degraded', store: 'degraded' }, { status: 'healthy' });
    expect(run.result?.judgement.scenarios[0]?.verdict).toBe('PASS');
  });
});

describe('an undo that does not do as it says', () => {
  it('leaves a node half up: started again, not waited for until the time is up', async () => {
    const run = await runSim({
      arrange: ({ platform }) => {
        const inspect = platform.inspect.bind(platform);
        const starts = () => platform.commands.filter((command) => command === 'start n1').length;
        platform.inspect = async (node) =>
          node.name === 'n1' && starts() === 1 ? { state: 'starting', detail: 'half of it' } : inspect(node);
      },
    });
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({ outcome: 'restored' });
    expect(run.platform.commands).toEqual(['stop n1', 'start n1', 'start n1']);
  });

  it('starts the node even where the command that stopped it cannot be ended, and says so', async () => {
    const run = await runSim({
      arrange: ({ world, platform, cluster }) => {
        platform.stop = async (node, { onCommand }) => {
          onCommand?.({ pid: 77, startTime: '1' });
          cluster.stop(node.name);
        };
        world.processes.alive = async () => true;
        world.processes.killGroup = () => {
          throw new Error('EPERM');
        };
      },
    });
    expect(run.platform.commands).toEqual(['start n1']);
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({
      outcome: 'restored',
      detail: expect.stringContaining('EPERM'),
    });
  });

  it.each(['fail', 'no-effect', 'effect-but-fail', 'hang'] as const)(
    '%s at first: tried again until the node is up',
    async (script) => {
      const run = await runSim({ arrange: ({ platform }) => void platform.starts.push(script) });
      expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({ outcome: 'restored' });
      expect(run.cluster.down()).toEqual([]);
      expect(run.platform.commands.filter((command) => command === 'start n1')).toHaveLength(2);
    },
  );

  it('watches a node that is up until its stop can no longer land, and says so', async () => {
    let interrupt: (() => void) | undefined;
    const run = await runSim({
      arrange: ({ world }) => {
        interrupt = () => world.signals.raise('SIGINT');
      },
      onRecord: (record) => {
        if (record.type === 'fault.proven') interrupt?.();
      },
    });
    const said = ofType(run.records, 'waiting').filter(({ phase }) => phase === 'restore');
    expect(said[0]?.detail).toMatch(/^n1 is up; its stop was given time and could still land: watched for \d+s more$/);
    expect(said.length).toBeLessThan(8);
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({ outcome: 'restored' });
  });

  it('never works: exit 5, the node is named with the command for a person, and no later drill runs', async () => {
    const run = await runSim({
      drills: ({ cluster, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
      },
    });
    expect(run.result?.exit).toBe(5);
    expect(ofType(run.records, 'undo.settled').at(-1)).toMatchObject({
      outcome: 'not-restored',
      node: 'n1',
      byHand: 'sim start n1',
    });
    expect(run.result?.judgement.scenarios[1]?.outcome).toBe('not-run');
    expect(run.platform.commands.filter((command) => command.startsWith('stop'))).toEqual(['stop n1']);
  });
});
