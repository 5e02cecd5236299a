import { describe, expect, test } from 'vitest';
import { SimWorld } from '../support/sim-world.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('virtual time', () => {
  test('lets hours pass at once and wakes sleepers in their order', async () => {
    const world = new SimWorld();
    const { clock } = world;
    const woken: string[] = [];
    const start = { now: clock.now(), wall: clock.wall() };
    await world.run(async () => {
      const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(name));
      await Promise.all([
        sleep('hour', 3_600_000),
        sleep('second', 1_000),
        sleep('minute', 60_000),
        sleep('also a second', 1_000),
      ]);
    });
    expect(woken).toEqual(['second', 'also a second', 'minute', 'hour']);
    expect(clock.now() - start.now).toBe(3_600_000);
    expect(clock.wall() - start.wall).toBe(3_600_000);
  });

  test('keeps the order of many timers of which some are taken back', async () => {
    const world = new SimWorld({ seed: 7 });
    const { clock, random } = world;
    const woken: number[] = [];
    await world.run(async () => {
      const start = clock.now();
      const controllers = Array.from({ length: 200 }, () => new AbortController());
      const all = controllers.map(async ({ signal }) => {
        await clock.sleep(random.below(1_000), signal);
        if (!signal.aborted) woken.push(clock.now() - start);
      });
      for (const controller of controllers.filter((_, index) => index % 3 === 0)) controller.abort();
      await Promise.all(all);
    });
    expect(woken).toHaveLength(133);
    expect(woken).toEqual([...woken].sort((a, b) => a - b));
  });

  test('waits for what is really asynchronous before it takes time forward', async () => {
    const world = new SimWorld();
    const late = await world.run(async () => {
      const started = world.clock.now();
      for (let round = 0; round < 20; round += 1) await world.fs.write('/srv/file', `${round}`);
      return world.clock.now() - started;
    });
    expect(late).toBe(0);
  });

  test('names a deadlock, an endless run and a failure, each with its seed', async () => {
    const world = new SimWorld({ seed: 99, limitMs: 60_000 });
    await expect(world.run(() => new Promise(() => undefined))).rejects.toThrow(/^deadlock: .*\[simulation seed 99\]$/);
    const forever = async (): Promise<void> => {
      for (;;) await world.clock.sleep(1_000);
    };
    await expect(world.run(forever)).rejects.toThrow(/^endless: still running after 60000ms \[simulation seed 99\]$/);
    await expect(world.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken [simulation seed 99]');
  });

  test('draws the same numbers for the same seed', () => {
    const draw = (seed: number): string => new SimWorld({ seed }).random.hex(16);
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
});

describe('the disk', () => {
  test('loses in a power cut what was not synced, and only that', async () => {
    const world = new SimWorld();
    await world.run(async () => {
      const file = await world.fs.openAppend('/srv/journal');
      await file.write(bytes('synced\n'));
      await file.sync();
      await file.write(bytes('loose\n'));
      await world.fs.write('/srv/whole', 'whole');
      expect(await world.fs.readText('/srv/journal')).toBe('synced\nloose\n');
      world.crash();
      expect(await world.fs.readText('/srv/journal')).toBe('synced\n');
      expect(await world.fs.readText('/srv/whole')).toBe('whole');
      await expect(file.write(bytes('from the dead'))).rejects.toMatchObject({ code: 'EBADF' });
    });
  });

  test('keeps everything when only the process is killed, and tears lines when asked to', async () => {
    const lengths = new Set<number>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const world = new SimWorld({ seed });
      await world.run(async () => {
        const file = await world.fs.openAppend('/srv/journal');
        await file.write(bytes('abc'));
        await file.sync();
        await file.write(bytes('defg'));
        world.crash('kept');
        expect(await world.fs.size('/srv/journal')).toBe(7);
        world.crash('torn');
        lengths.add((await world.fs.size('/srv/journal')) ?? -1);
      });
    }
    expect([...lengths].sort()).toEqual([3, 4, 5, 6, 7]);
  });

  test('is full at its capacity: appends are cut short, whole files stay as they were', async () => {
    const world = new SimWorld();
    await world.run(async () => {
      await world.fs.write('/srv/old', '12345');
      world.fs.capacity = 8;
      expect(await world.fs.freeBytes('/srv')).toBe(3);
      await expect(world.fs.write('/srv/old', '1234')).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await world.fs.readText('/srv/old')).toBe('12345');
      const file = await world.fs.openAppend('/srv/journal');
      await expect(file.write(bytes('abcdef'))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await world.fs.readText('/srv/journal')).toBe('abc');
    });
  });

  test('fails as a test tells it to', async () => {
    const world = new SimWorld();
    await world.run(async () => {
      const file = await world.fs.openAppend('/srv/journal');
      world.fs.fault = ({ kind }) =>
        kind === 'append' ? { code: 'EIO', after: 2 } : kind === 'sync' ? { code: 'EIO' } : undefined;
      await expect(file.write(bytes('abcdef'))).rejects.toMatchObject({ code: 'EIO' });
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
      expect(await world.fs.readText('/srv/journal')).toBe('ab');
      world.fs.fault = ({ path }) => (path.startsWith('/srv/sessions') ? { code: 'EROFS' } : undefined);
      await expect(world.fs.makeFolder('/srv/sessions/one')).rejects.toMatchObject({ code: 'EROFS' });
    });
  });
});

describe('the surroundings', () => {
  test('stop what a dead process had under way, and free its locks', async () => {
    const world = new SimWorld();
    const owner = { ...world.processes.self, host: 'a', session: 'b', since: 'c' };
    let cameBack = false;
    await world.run(async () => {
      await world.locks.acquire('/srv/lock', owner);
      world.signals.on('SIGTERM', () => undefined);
      void world.clock.sleep(1_000).then(() => {
        cameBack = true;
      });
      world.crash('kept');
      await world.clock.sleep(5_000);
      expect(world.locks.isHeld('/srv/lock')).toBe(false);
      expect(world.signals.raise('SIGTERM')).toBe(false);
    });
    expect(cameBack).toBe(false);
  });

  test('raise signals with those who still listen, and keep what was written until the terminal is closed', () => {
    const world = new SimWorld();
    const heard: string[] = [];
    const forget = world.signals.on('SIGINT', () => heard.push('first'));
    world.signals.on('SIGINT', () => heard.push('second'));
    expect(world.signals.raise('SIGINT')).toBe(true);
    forget();
    world.signals.raise('SIGINT');
    expect(heard).toEqual(['first', 'second', 'second']);
    world.tty.err.write('one ');
    world.tty.err.break();
    world.tty.err.write('two');
    expect(world.tty.err.text).toBe('one ');
  });

  test('know nothing that was not scripted', async () => {
    const world = new SimWorld();
    await expect(world.http.request({ url: 'http://127.0.0.1/', timeoutMs: 1 })).rejects.toThrow(
      'http.request: not scripted',
    );
    await expect(world.exec.find('sh')).rejects.toThrow('exec.find: not scripted');
    expect(() => world.processes.kill(5, 'SIGKILL')).toThrow('processes.kill: not scripted');
    world.exec.find = async (program) => `/usr/bin/${program}`;
    expect(await world.exec.find('sh')).toBe('/usr/bin/sh');
  });
});
