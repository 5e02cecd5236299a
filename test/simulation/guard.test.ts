import { describe, expect, it } from 'vitest';
import { keepGuard, LEASE_MS, type Recovered } from '../../src/engine/index.ts';
import type { Clock, Leash } from '../../src/world/world.ts';
import { simDrill } from '../support/sim-drill.ts';
import { SimGuardLink } from '../support/sim-guard-link.ts';
import { ofType, runSim } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';
import { Coverage } from './random/coverage.ts';
import type { SessionPlan } from './random/plan.ts';
import { Stage } from './random/stage.ts';

const TOOL = { pid: 77, startTime: '1' };
const RESTORED: Recovered = { acted: true, restored: ['n1'], notRestored: [] };

/** A guard at its post, with everything that it does in order. */
function post(options: { readonly clock?: (world: SimWorld) => Clock } = {}) {
  const world = new SimWorld();
  const did: string[] = [];
  const listeners: (() => void)[] = [];
  let end = (_how: 'dismissed' | 'gone'): void => undefined;
  const leash: Leash = {
    onRenew: (listener) => void listeners.push(listener),
    ended: new Promise((resolve) => {
      end = resolve;
    }),
  };
  const scene = { alive: true, lockedUntil: 0, failures: 0 };
  world.processes.alive = async () => scene.alive;
  world.processes.kill = (pid, signal) => {
    did.push(`${signal} ${pid}`);
    scene.alive = false;
  };
  const at = (ms: number, act: () => void): void => void world.clock.sleep(ms).then(act);
  const began = world.clock.now();
  const run = () =>
    world.run(() =>
      keepGuard({
        world: { processes: world.processes, clock: options.clock?.(world) ?? world.clock },
        tool: TOOL,
        leash,
        leaseMs: LEASE_MS,
        lock: async () => {
          if (scene.alive || world.clock.now() - began < scene.lockedUntil) return undefined;
          did.push('locked');
          return { release: async () => void did.push('released') };
        },
        recover: async (reason) => {
          if (scene.failures > 0) {
            scene.failures -= 1;
            throw new Error('EIO');
          }
          did.push(`recover: ${reason}`);
          return RESTORED;
        },
      }),
    );
  return {
    world,
    did,
    scene,
    at,
    run,
    elapsed: () => world.clock.now() - began,
    renew: () => {
      for (const listener of listeners) listener();
    },
    end: (how: 'dismissed' | 'gone') => end(how),
  };
}

type Post = ReturnType<typeof post>;

function renewUntil(guard: Post, ms: number): void {
  for (let at = 1_000; at <= ms; at += 1_000) guard.at(at, guard.renew);
}

describe('the guard', () => {
  it('does nothing while the tool renews its lease, and ends when it is dismissed', async () => {
    const guard = post();
    renewUntil(guard, 600_000);
    guard.at(600_500, () => guard.end('dismissed'));
    expect(await guard.run()).toBe('dismissed');
    expect(guard.did).toEqual([]);
  });

  it('recovers when the tool has died, and only with the lock in hand', async () => {
    const guard = post();
    renewUntil(guard, 5_000);
    guard.at(5_200, () => {
      guard.scene.alive = false;
      guard.end('gone');
    });
    expect(await guard.run()).toBe(RESTORED);
    expect(guard.did).toEqual(['locked', expect.stringContaining('recover: gameday (pid 77) died'), 'released']);
    expect(guard.elapsed()).toBeLessThan(5_500);
  });

  it('ends a tool that hangs past its lease before it touches anything', async () => {
    const guard = post();
    renewUntil(guard, 5_000);
    expect(await guard.run()).toBe(RESTORED);
    expect(guard.did).toEqual(['SIGKILL 77', 'locked', expect.stringContaining('no sign of life for 10s'), 'released']);
    expect(guard.elapsed()).toBeGreaterThanOrEqual(5_000 + LEASE_MS);
    expect(guard.elapsed()).toBeLessThan(5_000 + LEASE_MS + 1_500);
  });

  it('sends no signal to a process that has another start time: the tool is gone', async () => {
    const guard = post();
    guard.scene.alive = false;
    await guard.run();
    expect(guard.did).toEqual(['locked', expect.stringContaining('its process is gone'), 'released']);
  });

  it('leaves a tool alone that was silent for less than its lease', async () => {
    const guard = post();
    renewUntil(guard, 2_000);
    guard.at(11_500, guard.renew);
    guard.at(12_000, () => guard.end('dismissed'));
    expect(await guard.run()).toBe('dismissed');
    expect(guard.did).toEqual([]);
  });

  it('waits while somebody else holds the lock, however long', async () => {
    const guard = post();
    guard.scene.alive = false;
    guard.scene.lockedUntil = 3_600_000;
    guard.end('gone');
    expect(await guard.run()).toBe(RESTORED);
    expect(guard.elapsed()).toBeGreaterThanOrEqual(3_600_000);
  });

  it('waits for the lock of a tool that it cannot end', async () => {
    const guard = post();
    guard.world.processes.kill = () => {
      throw new Error('EPERM');
    };
    guard.at(60_000, () => {
      guard.scene.alive = false;
    });
    await guard.run();
    expect(guard.did).toEqual(['locked', expect.stringContaining('could not be ended: EPERM'), 'released']);
    expect(guard.elapsed()).toBeGreaterThanOrEqual(60_000);
  });

  it('tries again when the journal cannot be read, and says so when it never can', async () => {
    const some = post();
    some.scene.alive = false;
    some.scene.failures = 3;
    some.end('gone');
    expect(await some.run()).toBe(RESTORED);
    const all = post();
    all.scene.alive = false;
    all.scene.failures = 1_000;
    all.end('gone');
    await expect(all.run()).rejects.toThrow('EIO');
    expect(all.did).toEqual(['locked', 'released']);
  });

  it('leaves a tool alone that speaks, or dismisses it, while its process is looked up', async () => {
    for (const last of ['renews', 'dismisses'] as const) {
      const guard = post();
      let looks = 0;
      guard.world.processes.alive = async () => {
        looks += 1;
        if (looks > 1) return true;
        if (last === 'renews') guard.renew();
        else guard.end('dismissed');
        await Promise.resolve();
        return true;
      };
      guard.at(15_000, () => guard.end('dismissed'));
      expect(await guard.run()).toBe('dismissed');
      expect(looks).toBe(1);
      expect(guard.did).toEqual([]);
    }
  });

  it('that stood still itself reads what lies in the pipe before it judges the tool', async () => {
    // It sleeps for half a second and wakes up a minute later, once; the renewals are read only then.
    let slept = false;
    const guard = post({
      clock: ({ clock }) => ({
        now: () => clock.now(),
        boot: () => clock.now(),
        wall: () => clock.wall(),
        deadline: (ms, parent) => clock.deadline(ms, parent),
        sleep: async (ms, signal) => {
          const stops = !slept && clock.now() > 1_009_000;
          if (stops) slept = true;
          await clock.sleep(stops ? 60_000 : ms, signal);
        },
      }),
    });
    guard.at(69_700, () => {
      guard.renew();
      guard.renew();
    });
    guard.at(75_000, () => guard.end('dismissed'));
    expect(await guard.run()).toBe('dismissed');
    expect(guard.did).toEqual([]);
  });
});

/** One drill whose outage and verify are longer than any lease, and in which nothing goes wrong by itself. */
const LONG: SessionPlan = {
  seed: 1,
  nodes: ['n1', 'n2', 'n3'],
  drills: [
    {
      id: 'A',
      victims: ['n1'],
      maxDown: 1,
      staggerMs: 0,
      recoversAfter: 'fault',
      steadyMs: 1_000,
      outageMs: 20_000,
      verifyMs: 15_000,
      undoDeadlineMs: 30_000,
    },
  ],
  twice: false,
  alerts: true,
  failoverMs: 1_500,
  loseAtFailover: 0,
  syncMs: 0,
  stops: [],
  starts: [],
  guardRefusal: undefined,
  blows: [],
};

/** A whole session whose guard is stopped `ms` after the drill's fault was proven, for so long. */
async function withGuardStopped(forMs: number, thenToTool?: 'SIGKILL' | 'SIGSTOP') {
  const stage = new Stage(LONG, new Coverage());
  const { machine } = stage;
  let isStruck = false;
  machine.onPoint = (process, { what }, where) => {
    if (isStruck || process.role !== 'tool' || what !== 'fault.proven' || where !== 'after') return;
    isStruck = true;
    for (const guard of machine.processes.filter(({ role }) => role === 'guard')) {
      guard.signal('SIGSTOP');
      machine.clock.after(forMs, () => guard.signal('SIGCONT'));
    }
    if (thenToTool !== undefined) machine.clock.after(forMs + 2_000, () => process.signal(thenToTool));
  };
  const signals: string[] = [];
  const { onSignal } = machine;
  machine.onSignal = (from, pid, signal) => {
    signals.push(`${from.role} sends ${signal}`);
    onSignal(from, pid, signal);
  };
  const ends = await machine.run(600_000, async () => {
    await stage.startTool().ended;
    return Promise.all(machine.processes.map(async ({ role, ended }) => ({ role, ...(await ended) })));
  });
  return { stage, signals, ends };
}

describe('a guard that was stopped and goes on', () => {
  it.each([9_000, 12_000, 22_000, 32_000, 60_000])(
    'after %dms ends no tool that lives, and is dismissed by it',
    async (ms) => {
      const { stage, signals, ends } = await withGuardStopped(ms);
      expect(stage.checks.broken).toEqual([]);
      expect(signals).toEqual([]);
      expect(ends).toEqual([
        { role: 'tool', how: 'exit', code: ms < 10_000 ? 0 : 3 },
        { role: 'guard', how: 'exit', code: 0 },
      ]);
      expect(stage.field.cluster.down()).toEqual([]);
    },
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)('still restores when the tool gets a %s afterwards', async (signal) => {
    const { stage, signals, ends } = await withGuardStopped(12_000, signal);
    expect(stage.checks.broken).toEqual([]);
    expect(signals).toEqual(signal === 'SIGSTOP' ? ['guard sends SIGKILL'] : []);
    expect(ends).toEqual([
      { role: 'tool', how: 'signal', signal: 'SIGKILL' },
      { role: 'guard', how: 'exit', code: 0 },
    ]);
    expect(stage.field.cluster.down()).toEqual([]);
  });
});

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
