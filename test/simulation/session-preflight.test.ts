import { describe, expect, it } from 'vitest';
import { GamedayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { simDrill, withHealth } from '../support/sim-drill.ts';
import { runSim } from '../support/sim-session.ts';

describe('before anything is broken', () => {
  it('refuses over a blocked check, breaks nothing, and names the command that runs the rest', async () => {
    const blocked = {
      name: 'login',
      status: 'blocked',
      detail: 'n1: password authentication failed',
      hint: 'mend it',
    } as const;
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { checks: [blocked] }), simDrill(cluster, { id: 'B' })],
    });
    expect(run.error).toBeInstanceOf(GamedayError);
    expect(run.error).toMatchObject({ exitCode: 3, code: 'preflight' });
    expect((run.error as GamedayError).hint).toBe(
      'mend it\n      the rest can run: gameday run --only B --profile smoke',
    );
    expect(run.platform.commands).toEqual([]);
  });

  it('runs the rest as the session was asked to: its letters alone, with the options that shape a drill', async () => {
    const blocked = { name: 'login', status: 'blocked', detail: 'no', hint: '' } as const;
    const hintWith = async (options: JsonObject, profile: string): Promise<string> => {
      const run = await runSim({
        drills: ({ cluster }) => [
          simDrill(cluster, { id: 'B', checks: [blocked] }),
          simDrill(cluster, { id: 'C' }),
          simDrill(cluster, { id: 'D' }),
        ],
        started: { profile, config: { options } },
      });
      return (run.error as GamedayError).hint;
    };
    expect(await hintWith({ only: 'BCD', profile: 'standard' }, 'standard')).toBe(
      'the rest can run: gameday run --only CD',
    );
    expect(
      await hintWith({ skip: 'A', profile: 'smoke', outage: '10 s', secondStrike: true, force: true }, 'smoke'),
    ).toBe("the rest can run: gameday run --only CD --profile smoke --outage '10 s' --second-strike --force");
  });

  it('refuses where a node is down already, names it and what starts it', async () => {
    const run = await runSim({ arrange: ({ cluster }) => cluster.stop('n3') });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'preflight', message: expect.stringContaining('n3 is down') });
    expect((run.error as GamedayError).hint).toContain('start n3');
    expect(run.platform.commands).toEqual([]);
  });

  it('leaves an unattainable scenario alone, says INCONCLUSIVE, and runs the others', async () => {
    const unattainable = {
      name: 'timeouts',
      status: 'unattainable',
      detail: '180s against 30s',
      hint: 'lower failover-timeout',
    } as const;
    const run = await runSim({
      drills: ({ cluster }) => [simDrill(cluster, { checks: [unattainable] }), simDrill(cluster, { id: 'B' })],
    });
    expect(run.result?.judgement.scenarios.map(({ verdict }) => verdict)).toEqual(['INCONCLUSIVE', 'PASS']);
    expect(run.result?.exit).toBe(3);
    expect(run.platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('injects nothing without a steady state', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.broken = true;
      },
    });
    expect(run.result?.exit).toBe(3);
    expect(run.result?.judgement.scenarios[0]).toMatchObject({ verdict: 'INCONCLUSIVE', outcome: 'not-injected' });
    expect(run.platform.commands).toEqual([]);
  });

  it('injects nothing while the API calls the component of the stack ill, and says so', async () => {
    const calling = (store: string) =>
      runSim({
        drills: ({ cluster }) => [
          withHealth(simDrill(cluster, { plan: { component: 'store' } }), () => ({ store, cache: 'degraded' })),
        ],
      });
    const ill = await calling('degraded');
    expect(ill.result?.exit).toBe(3);
    expect(ill.result?.judgement.scenarios[0]?.why).toContain('the API calls store degraded');
    expect(ill.platform.commands).toEqual([]);
    // A word that is not gameday's own is not understood, and so not held against the stack.
    expect((await calling('UP')).platform.commands).toEqual(['stop n1', 'start n1']);
    expect((await calling('healthy')).platform.commands).toEqual(['stop n1', 'start n1']);
  });

  it('injects nothing while an expected alert is firing already', async () => {
    const run = await runSim({
      arrange: ({ cluster }) => {
        cluster.stuckAlert = true;
      },
    });
    expect(run.result?.exit).toBe(3);
    expect(run.platform.commands).toEqual([]);
  });

  it('takes no member away that the stack cannot lose', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { plan: { maxDown: 0 } })] });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('not-injected');
    expect(run.platform.commands).toEqual([]);
  });

  it('never breaks a node that the configuration does not name', async () => {
    const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster, { victims: ['somebody-elses'] })] });
    expect(run.result?.judgement.scenarios[0]?.outcome).toBe('not-injected');
    expect(run.platform.commands).toEqual([]);
  });

  it('refuses over a node that an earlier session left down, with the command that mends it', async () => {
    const left = {
      name: 'leftovers',
      status: 'blocked',
      detail: 'n2 is down: session zero broke it',
      hint: 'restore it: sim start n2',
    } as const;
    const run = await runSim({ leftovers: [left] });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'leftovers', hint: 'restore it: sim start n2' });
    expect(run.platform.commands).toEqual([]);
  });

  it('lets one session at a time into an environment', async () => {
    const run = await runSim({
      arrange: ({ world }) => {
        void world.fs.makeFolder('/srv', 0o700);
        void world.locks.acquire('/srv/lock', {
          pid: 7,
          startTime: '1',
          host: 'other',
          session: 'earlier',
          since: 'now',
        });
      },
    });
    expect(run.error).toMatchObject({ exitCode: 3, code: 'environment-busy' });
    expect(String(run.error)).toContain('earlier');
    expect(run.records).toEqual([]);
  });
});
