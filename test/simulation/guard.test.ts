import { describe, expect, it } from 'vitest';
import { keepGuard, LEASE_MS, type Recovered } from '../../src/engine/index.ts';
import { DeadlineError } from '../../src/world/await.ts';
import type { Clock, Leash } from '../../src/world/world.ts';
import { SimWorld } from '../support/sim-world.ts';

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
  const scene = { alive: true, lockedUntil: 0, failures: 0, failsWith: () => new Error('EIO') };
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
            throw scene.failsWith();
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

  it('waits for a journal whose disk does not answer, however long', async () => {
    const guard = post();
    guard.scene.alive = false;
    guard.scene.failures = 1_000;
    guard.scene.failsWith = () => new Error('could not be read', { cause: new DeadlineError(15_000) });
    guard.end('gone');
    expect(await guard.run()).toBe(RESTORED);
    expect(guard.did).toEqual(['locked', expect.stringContaining('recover: '), 'released']);
    expect(guard.elapsed()).toBeGreaterThanOrEqual(1_000 * 2_000);
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
