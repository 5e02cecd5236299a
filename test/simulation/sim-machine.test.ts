import { describe, expect, test } from 'vitest';
import type { World } from '../../src/world/world.ts';
import { SimMachine } from '../support/sim-machine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const LIMIT_MS = 600_000;

function textOf(machine: SimMachine, path: string): string | undefined {
  return machine.disk.peek(path)?.bytes.toString();
}

/** Appends a line each second until it dies. */
async function scribble(world: World): Promise<number> {
  const file = await world.fs.openAppend('/srv/lines');
  for (let line = 1; ; line += 1) {
    await file.write(bytes(`${line}\n`));
    await file.sync();
    await world.clock.sleep(1_000);
  }
}

describe('a process of a simulated machine', () => {
  test('does nothing more once it is killed, and lets go of its locks', async () => {
    const machine = new SimMachine(1);
    const owner = { pid: 1, startTime: '1', host: 'h', session: 's', since: '' };
    await machine.run(LIMIT_MS, async () => {
      const one = machine.spawn('one', async (world) => {
        await world.locks.acquire('/srv/lock', owner);
        return scribble(world);
      });
      await machine.clock.sleep(2_500);
      expect(machine.locks.has('/srv/lock')).toBe(true);
      machine.kill(one.ref.pid, 'SIGKILL');
      expect(machine.locks.has('/srv/lock')).toBe(false);
      expect(machine.isAlive(one.ref)).toBe(false);
      await machine.clock.sleep(10_000);
    });
    expect(textOf(machine, '/srv/lines')).toBe('1\n2\n3\n');
  });

  test('stands still while it is stopped and goes on afterwards: first its timers, then what there is to read', async () => {
    const machine = new SimMachine(1);
    const seen: string[] = [];
    machine.program = async (_args, world) => {
      world.guards.leash().onRenew(() => seen.push('renewal'));
      for (let tick = 0; tick < 6; tick += 1) {
        await world.clock.sleep(1_000);
        seen.push('tick');
      }
      return 0;
    };
    await machine.run(LIMIT_MS, async () => {
      machine.spawn('tool', async (world) => {
        const link = await world.guards.start([]);
        machine.clock.after(500, () => machine.kill(link.ref.pid, 'SIGSTOP'));
        machine.clock.after(4_500, () => machine.kill(link.ref.pid, 'SIGCONT'));
        for (let count = 0; count < 3; count += 1) {
          await world.clock.sleep(1_200);
          link.renew();
        }
        await link.ended;
        return 0;
      });
      await machine.clock.sleep(60_000);
    });
    expect(seen.slice(0, 4)).toEqual(['tick', 'renewal', 'renewal', 'renewal']);
    expect(seen.filter((one) => one === 'tick')).toHaveLength(6);
  });

  test('a guard hears that its tool has died, after everything that the tool had still said', async () => {
    const machine = new SimMachine(1);
    const heard: string[] = [];
    machine.program = async (_args, world) => {
      const leash = world.guards.leash();
      leash.onRenew(() => heard.push('renewal'));
      heard.push(await leash.ended);
      return 0;
    };
    await machine.run(LIMIT_MS, async () => {
      const tool = machine.spawn('tool', async (world) => {
        const link = await world.guards.start([]);
        link.renew();
        link.renew();
        await world.clock.sleep(60_000);
        return 0;
      });
      await machine.clock.sleep(1_000);
      machine.kill(tool.ref.pid, 'SIGKILL');
      await machine.clock.sleep(1_000);
    });
    expect(heard).toEqual(['renewal', 'renewal', 'gone']);
  });

  test('a guard that cannot be started, or ends before it is ready, is an error', async () => {
    const machine = new SimMachine(1);
    const errors: string[] = [];
    machine.guardRefusal = () => 'fork: EAGAIN';
    const tool = async (world: World): Promise<number> => {
      await world.guards.start([]).catch((error: unknown) => errors.push(String(error)));
      return 0;
    };
    await machine.run(LIMIT_MS, async () => {
      await machine.spawn('tool', tool).ended;
      machine.guardRefusal = () => undefined;
      machine.program = async () => 3;
      await machine.spawn('tool', tool).ended;
    });
    expect(errors).toEqual(['Error: fork: EAGAIN', 'Error: the guard ended before it was ready']);
  });

  test('dies of a signal that it does not listen to', async () => {
    const machine = new SimMachine(1);
    const ends = await machine.run(LIMIT_MS, async () => {
      const deaf = machine.spawn('deaf', scribble);
      const other = machine.spawn('other', async (world) => {
        await new Promise<void>((resolve) => void world.signals.on('SIGINT', resolve));
        return 130;
      });
      await machine.clock.sleep(500);
      for (const process of [deaf, other]) machine.kill(process.ref.pid, 'SIGINT');
      return Promise.all([deaf.ended, other.ended]);
    });
    expect(ends).toEqual([
      { how: 'signal', signal: 'SIGINT' },
      { how: 'exit', code: 130 },
    ]);
  });
});

describe('a power cut', () => {
  test('ends every process, forgets what was not synced and begins monotonic time anew', async () => {
    const machine = new SimMachine(1);
    await machine.run(LIMIT_MS, async () => {
      const process = machine.spawn('one', async (world) => {
        const file = await world.fs.openAppend('/srv/file');
        await file.write(bytes('synced\n'));
        await file.sync();
        await file.write(bytes('loose\n'));
        await world.clock.sleep(60_000);
        return 0;
      });
      await machine.clock.sleep(1_000);
      const [before, boot] = [machine.now(), machine.env.bootId];
      machine.powerOff('dropped');
      expect(process.isAlive()).toBe(false);
      await machine.clock.sleep(5_000);
      machine.boot();
      expect(machine.now()).toBeLessThan(before);
      expect(machine.env.bootId).not.toBe(boot);
    });
    expect(textOf(machine, '/srv/file')).toBe('synced\n');
  });
});

describe('a run', () => {
  test('that cannot go on or does not end is an error', async () => {
    const stuck = new SimMachine(1);
    await expect(stuck.run(LIMIT_MS, () => new Promise(() => undefined))).rejects.toThrow(/^deadlock/);
    const endless = new SimMachine(1);
    await expect(
      endless.run(LIMIT_MS, async () => {
        for (;;) await endless.clock.sleep(1_000);
      }),
    ).rejects.toThrow(/^endless/);
  });
});
