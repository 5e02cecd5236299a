import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../../src/world/await.ts';
import { createExec } from '../../src/world/exec.ts';
import type { ProcessRef, World } from '../../src/world/world.ts';
import { programOf } from '../support/looking.ts';
import { SimClock } from '../support/sim-clock.ts';
import { realHarness } from '../support/world-harness.ts';

const { play } = realHarness;
const never = new AbortController().signal;
const patiently = () => ({ everyMs: 10, signal: AbortSignal.timeout(10_000) });

async function readPid({ fs, clock }: World, path: string): Promise<number> {
  const text = await until(clock, patiently(), () => fs.readText(path));
  return Number(text);
}

describe('exec', () => {
  test('gives back the exit code and both outputs as they are, and does not reject for a failure', () =>
    play(async ({ world: { exec }, folder }) => {
      const result = await exec.run('sh', ['-c', 'cat; echo; pwd; echo wrong >&2; exit 3'], {
        cwd: folder,
        input: 'in',
        timeoutMs: 10_000,
      });
      expect(result).toEqual({ exitCode: 3, stdout: `in\n${folder}\n`, stderr: 'wrong\n', timedOut: false });
    }));

  test('passes arguments on as they are, never through a shell', () =>
    play(async ({ world: { exec } }) => {
      const { stdout } = await exec.run('printf', ['%s|', '$HOME', 'a b', ';exit'], { timeoutMs: 10_000 });
      expect(stdout).toBe('$HOME|a b|;exit|');
    }));

  test('gives the child nothing of our environment but PATH, HOME and LANG, and a mark', () =>
    play(async ({ world: { exec } }) => {
      process.env.GAMEDAY_TEST_SECRET = 'must not be seen';
      try {
        const { stdout } = await exec.run('env', [], { env: { HOME: '/elsewhere', EXTRA: '1' }, timeoutMs: 10_000 });
        const names = stdout
          .trim()
          .split('\n')
          .map((line) => line.split('=')[0]);
        expect(
          names.filter((name) => !['PATH', 'HOME', 'LANG', 'EXTRA', 'GAMEDAY_COMMAND'].includes(name ?? '')),
        ).toEqual([]);
        expect(stdout).toContain('HOME=/elsewhere\n');
      } finally {
        delete process.env.GAMEDAY_TEST_SECRET;
      }
    }));

  test('kills the whole process group when the time is up', () =>
    play(async ({ world, folder }) => {
      const clock = new SimClock(0, 0);
      const script = 'sleep 60 & echo $! > part; mv part pid; wait';
      const run = createExec(clock).run('sh', ['-c', script], { cwd: folder, timeoutMs: 60_000 });
      const grandchild = await readPid(world, join(folder, 'pid'));
      clock.advance();
      expect(await run).toEqual({ exitCode: null, stdout: '', stderr: '', timedOut: true });
      const { processes } = world;
      const gone = await until(world.clock, patiently(), async () =>
        (await processes.info(grandchild)) ? undefined : true,
      );
      expect(gone).toBe(true);
    }));

  test.each([
    ['in a session of its own', 'setsid sleep 60 & echo $! > part; mv part pid; wait'],
    [
      'in a session of its own, without a parent',
      `(setsid sh -c 'echo $$ > part; mv part pid; exec sleep 60' &); sleep 60`,
    ],
  ])('kills a grandchild %s too when the time is up, and nobody else', (_, script) =>
    play(async ({ world, folder }) => {
      const clock = new SimClock(0, 0);
      const logFile = join(folder, 'log');
      const other = await world.processes.startDetached('sleep', ['60'], {
        cwd: folder,
        env: { GAMEDAY_COMMAND: 'of another' },
        logFile,
      });
      const run = createExec(clock).run('sh', ['-c', script], { cwd: folder, timeoutMs: 60_000 });
      const grandchild = await readPid(world, join(folder, 'pid'));
      const { processes } = world;
      const asMeant = await until(world.clock, patiently(), async () => {
        const info = await processes.info(grandchild);
        return info?.session === grandchild && info.name === 'sleep' ? true : undefined;
      });
      expect(asMeant).toBe(true);
      clock.advance();
      expect((await run).timedOut).toBe(true);
      const gone = await until(world.clock, patiently(), async () =>
        (await processes.info(grandchild)) ? undefined : true,
      );
      expect(gone).toBe(true);
      expect(await processes.alive(other)).toBe(true);
      processes.kill(other.pid, 'SIGKILL');
    }),
  );

  test('does not wait for ever on a grandchild that cannot be found any more and holds the output open', () =>
    play(async ({ world, folder }) => {
      const clock = new SimClock(0, 0);
      const script = 'setsid env -i sleep 60 & echo $! > part; mv part pid; wait';
      const run = createExec(clock).run('sh', ['-c', script], { cwd: folder, timeoutMs: 60_000 });
      const grandchild = await readPid(world, join(folder, 'pid'));
      const { processes } = world;
      const left = await until(world.clock, patiently(), async () =>
        (await processes.info(grandchild))?.name === 'sleep' ? true : undefined,
      );
      expect(left).toBe(true);
      // The first timer is the time limit, the second one closes the pipes.
      clock.advance();
      clock.advance();
      expect((await run).timedOut).toBe(true);
      expect(await processes.info(grandchild)).toBeDefined();
      processes.kill(grandchild, 'SIGKILL');
    }));

  test('says that the time was up', () =>
    play(async ({ world: { exec } }) => {
      expect(await exec.run('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({ exitCode: null, timedOut: true });
    }));

  test('kills when the signal aborts, and starts nothing when it already has', () =>
    play(async ({ world: { exec, processes } }) => {
      const controller = new AbortController();
      let child: ProcessRef | undefined;
      const result = await exec.run('sleep', ['60'], {
        timeoutMs: 60_000,
        signal: controller.signal,
        onSpawn: (ref) => {
          child = ref;
          controller.abort();
        },
      });
      expect(result).toMatchObject({ exitCode: null, timedOut: true });
      if (child === undefined) throw new Error('the child was not announced');
      expect(await processes.alive(child)).toBe(false);
      const never = await exec.run('sleep', ['60'], {
        timeoutMs: 60_000,
        signal: controller.signal,
        onSpawn: () => expect.unreachable(),
      });
      expect(never.timedOut).toBe(true);
    }));

  test('a followed program is read to its last byte, then its end is told', () =>
    play(async ({ world: { exec } }) => {
      let size = 0;
      const read = async () => {
        for await (const { bytes } of exec.follow('head', ['-c', '5000000', '/dev/zero'], { signal: never }))
          size += bytes.byteLength;
      };
      await expect(read()).rejects.toThrow('head ended with exit code 0');
      expect(size).toBe(5_000_000);
    }));

  test('the last bytes of a followed program that ended are kept for whoever takes them slowly', () =>
    play(async ({ world }) => {
      const clock = new SimClock(0, 0);
      const args = ['-c', '150000', '/dev/zero'];
      let size = 0;
      const read = async () => {
        for await (const { bytes } of createExec(clock).follow('head', args, { signal: never })) {
          size += bytes.byteLength;
          // Its end has begun the time after which its pipes are closed, and that is over before we ask for more.
          await until(world.clock, patiently(), async () => clock.nextDueMs());
          clock.advance();
          await setTimeout(0);
          await setTimeout(0);
        }
      };
      await expect(read()).rejects.toThrow('head ended with exit code 0');
      expect(size).toBe(150_000);
    }));

  test('a followed program that ended is not waited for because a grandchild holds its output open', () =>
    play(async ({ world: { exec, processes } }) => {
      let grandchild = 0;
      const read = async () => {
        const script = 'setsid sleep 60 & echo $!; exit 3';
        for await (const { bytes } of exec.follow('sh', ['-c', script], { signal: never }))
          grandchild = Number(new TextDecoder().decode(bytes));
      };
      await expect(read()).rejects.toThrow('sh ended with exit code 3');
      processes.kill(grandchild, 'SIGKILL');
    }));

  test('a program that cannot be followed for want of descriptors is told, and the next one is followed', () =>
    play(async ({ world: { exec } }) => {
      const shell = ['-c', 'ulimit -n 80; exec "$@"', 'sh', process.execPath];
      const args = [...shell, ...programOf('short-of-descriptors-program.ts')];
      const { stdout, stderr } = await exec.run('sh', args, { timeoutMs: 25_000 });
      expect({ stdout, stderr }).toEqual({
        stdout: '["true could not be started: EMFILE","true ended with exit code 0: undefined"]',
        stderr: '',
      });
    }));

  test('rejects when the program is missing and says what to do', () =>
    play(async ({ world: { exec } }) => {
      await expect(exec.run('gameday-no-such-program', [], { timeoutMs: 1_000 })).rejects.toMatchObject({
        code: 'program-missing',
        message: expect.stringContaining('gameday-no-such-program'),
        hint: expect.stringContaining('Install'),
      });
    }));

  test('finds programs on PATH and in extra folders', () =>
    play(async ({ world: { exec, fs }, folder }) => {
      await fs.write(join(folder, 'gameday-tool'), '#!/bin/sh\n', 0o755);
      await fs.write(join(folder, 'gameday-text'), 'text', 0o644);
      await fs.makeFolder(join(folder, 'gameday-folder'));
      expect(await exec.find('sh')).toMatch(/\/sh$/);
      expect(await exec.find('gameday-tool')).toBeUndefined();
      expect(await exec.find('gameday-tool', [folder])).toBe(join(folder, 'gameday-tool'));
      expect(await exec.find(join(folder, 'gameday-tool'))).toBe(join(folder, 'gameday-tool'));
      expect(await exec.find('gameday-text', [folder])).toBeUndefined();
      expect(await exec.find('gameday-folder', [folder])).toBeUndefined();
    }));
});
