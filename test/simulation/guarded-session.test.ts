import { describe, expect, it } from 'vitest';
import { simDrill } from '../support/sim-drill.ts';
import { SimGuardLink } from '../support/sim-guard-link.ts';
import { ofType, runSim } from '../support/sim-session.ts';

describe('a session and its guard', () => {
  it('ends the drill when it stands still: a guard that answers no renewal could not restore', async () => {
    const link = new SimGuardLink();
    const run = await runSim({
      startGuard: async () => link,
      arrange: ({ world }) =>
        void world.clock.sleep(4_000).then(() => {
          link.isMute = true;
        }),
      drills: ({ cluster }) => [simDrill(cluster, { plan: { outageMs: 60_000, observeDeadlineMs: 90_000 } })],
    });
    expect(ofType(run.records, 'guard.lost').map(({ detail }) => detail)).toEqual(['it has not answered 10 renewals']);
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.judgement.verdict).toBe('INCONCLUSIVE');
    expect(run.result?.exit).toBe(3);
  });

  it('has it at its post before the first fault, shows it each second that it lives, and dismisses it at the end', async () => {
    const link = new SimGuardLink();
    let held = true;
    const run = await runSim({
      startGuard: async () => link,
      arrange: ({ world }) => {
        const dismiss = link.dismiss.bind(link);
        link.dismiss = () => {
          held = world.locks.isHeld('/srv/lock');
          dismiss();
        };
      },
    });
    expect(run.result?.judgement.verdict).toBe('PASS');
    const types = run.records.map(({ type }) => type);
    expect(types.indexOf('guard.started')).toBeLessThan(types.indexOf('scenario.started'));
    expect(types.indexOf('guard.started')).toBeGreaterThan(types.lastIndexOf('check'));
    const lastedMs = (run.records.at(-1)?.t ?? 0) - (run.records.find(({ type }) => type === 'guard.started')?.t ?? 0);
    expect(link.renewals).toBeGreaterThanOrEqual(Math.floor(lastedMs / 1_000));
    expect(link.dismissals).toBe(1);
    expect(held).toBe(true);
  });

  it('is refused when it cannot be started: nothing is broken', async () => {
    const run = await runSim({ startGuard: () => Promise.reject(new Error('spawn ENOMEM')) });
    expect(run.error).toMatchObject({ code: 'guard-not-started', exitCode: 3 });
    expect(String(run.error)).toContain('spawn ENOMEM');
    expect(run.platform.commands).toEqual([]);
    expect(run.records.at(-1)?.type).toBe('session.sealed');
  });

  it('lets what is broken no more be looked at to its end when it is lost then, and begins no other drill', async () => {
    const link = new SimGuardLink();
    const run = await runSim({
      startGuard: async () => link,
      drills: ({ world, cluster }) => {
        void world.clock.sleep(18_500).then(() => link.die('its process was ended by SIGKILL'));
        return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
      },
    });
    expect(run.result?.judgement.scenarios.map(({ verdict }) => verdict)).toEqual(['PASS', 'INCONCLUSIVE']);
    expect(ofType(run.records, 'scenario.ended')[1]).toMatchObject({
      outcome: 'not-run',
      reason: expect.stringContaining('the guard ended early'),
    });
    expect(run.result?.exit).toBe(3);
  });

  it.each([2_000, 4_500, 9_000])(
    'ends the drill when it is lost after %dms: restored, and no other drill is begun',
    async (ms) => {
      const link = new SimGuardLink();
      const run = await runSim({
        startGuard: async () => link,
        drills: ({ world, cluster }) => {
          void world.clock.sleep(ms).then(() => link.die('its process was ended by SIGKILL'));
          return [simDrill(cluster), simDrill(cluster, { id: 'B' })];
        },
      });
      expect(ofType(run.records, 'guard.lost')).toMatchObject([{ detail: 'its process was ended by SIGKILL' }]);
      expect(ofType(run.records, 'scenario.ended')).toMatchObject([
        { outcome: 'error', reason: expect.stringContaining('the guard ended early') },
        { outcome: 'not-run', reason: expect.stringContaining('the guard ended early') },
      ]);
      expect(run.cluster.down()).toEqual([]);
      expect(run.result?.exit).toBe(3);
      expect(link.dismissals).toBe(0);
    },
  );

  it('leaves a journal that it cannot write to the guard', async () => {
    const link = new SimGuardLink();
    const run = await runSim({
      startGuard: async () => link,
      arrange: ({ world, cluster }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && cluster.down().length > 0
            ? { code: 'ENOSPC' }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost' });
    expect(run.cluster.down()).toEqual([]);
    expect(link.dismissals).toBe(0);
  });

  it('does not start it where nothing is begun', async () => {
    let started = 0;
    await runSim({
      arrange: ({ cluster }) => cluster.stop('n3'),
      startGuard: async () => {
        started += 1;
        return new SimGuardLink();
      },
    });
    expect(started).toBe(0);
  });
});
