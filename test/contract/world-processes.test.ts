import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../../src/world/await.ts';
import type { Processes, ProcessRef, World } from '../../src/world/world.ts';
import { realHarness } from '../support/world-harness.ts';

const { play } = realHarness;

async function untilDead({ processes, clock }: World, ref: ProcessRef): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const dead = await until(clock, { everyMs: 10, signal }, async () =>
    (await processes.alive(ref)) ? undefined : true,
  );
  expect(dead).toBe(true);
}

describe('processes', () => {
  test('know ourselves', () =>
    play(async ({ world: { processes } }) => {
      expect(processes.self.pid).toBe(process.pid);
      expect(await processes.alive(processes.self)).toBe(true);
      expect(await processes.alive({ ...processes.self, startTime: '1' })).toBe(false);
      expect((await processes.list()).map((one) => one.pid)).toContain(process.pid);
      expect(await processes.cwd(process.pid)).toBe(process.cwd());
    }));

  test('start detached in a session of their own, with their output in the log', () =>
    play(async ({ world, folder }) => {
      const { processes, fs, clock } = world;
      const logFile = join(folder, 'log');
      await fs.write(logFile, 'before\n');
      const ref = await processes.startDetached('sh', ['-c', 'echo "$MARK"; echo error >&2; exec sleep 60'], {
        cwd: folder,
        env: { MARK: 'here I am' },
        logFile,
      });
      try {
        const signal = AbortSignal.timeout(10_000);
        await until(clock, { everyMs: 10, signal }, async () =>
          (await fs.readText(logFile))?.includes('error') ? true : undefined,
        );
        expect(await fs.readText(logFile)).toBe('before\nhere I am\nerror\n');
        expect(await processes.info(ref.pid)).toMatchObject({
          ...ref,
          group: ref.pid,
          session: ref.pid,
          parent: process.pid,
        });
        expect(await processes.environment(ref.pid, 'MARK')).toBe('here I am');
        expect(await processes.environment(ref.pid, 'NONE')).toBeUndefined();
        expect(await processes.cwd(ref.pid)).toBe(await fs.realPath(folder));
      } finally {
        processes.killGroup(ref.pid, 'SIGKILL');
      }
      await untilDead(world, ref);
      expect(await processes.info(ref.pid)).toBeUndefined();
      processes.kill(ref.pid, 'SIGTERM');
      processes.killGroup(ref.pid, 'SIGTERM');
    }));

  test('reject clearly when the program or the folder is missing', () =>
    play(async ({ world: { processes }, folder }) => {
      const options = { cwd: folder, env: {}, logFile: join(folder, 'log') };
      await expect(processes.startDetached('gameday-no-such-program', [], options)).rejects.toMatchObject({
        code: 'program-missing',
        message: expect.stringContaining('gameday-no-such-program'),
      });
      await expect(
        processes.startDetached('sleep', ['1'], { ...options, cwd: join(folder, 'none') }),
      ).rejects.toMatchObject({
        code: 'program-not-started',
        cause: expect.objectContaining({ message: expect.stringContaining(join(folder, 'none')) }),
      });
    }));

  test('count a zombie as dead', () =>
    play(async ({ world: { processes, clock } }) => {
      // The shell starts a child and then becomes a program that never takes notice of a child's end.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
      const patiently = () => ({ everyMs: 10, signal: AbortSignal.timeout(10_000) });
      try {
        const [chunk] = await once(parent.stdout, 'data');
        const zombie = Number(String(chunk));
        const named = async () => ((await processes.info(parent.pid ?? 0))?.name === 'sleep' ? true : undefined);
        expect(await until(clock, patiently(), named)).toBe(true);
        processes.kill(zombie, 'SIGKILL');
        const dead = await until(clock, patiently(), async () => ((await processes.info(zombie)) ? undefined : true));
        expect(dead).toBe(true);
        // A zombie still takes signals.
        process.kill(zombie, 0);
        expect((await processes.list()).map((one) => one.pid)).not.toContain(zombie);
      } finally {
        const closed = once(parent, 'close');
        parent.kill('SIGKILL');
        await closed;
      }
    }));

  test.each([1, 0, -1, 1.5, Number.NaN])('refuse to send a signal to %d', (id) =>
    play(async ({ world: { processes } }) => {
      const refused = (action: (one: Processes) => void) => expect(() => action(processes)).toThrow(/refused/);
      refused((one) => one.kill(id, 'SIGCONT'));
      refused((one) => one.killGroup(id, 'SIGCONT'));
    }),
  );
});
