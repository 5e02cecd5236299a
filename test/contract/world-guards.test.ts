import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { createGuards, environmentOfGuard } from '../../src/world/guards.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { until } from '../support/real-servers.ts';
import { realHarness } from '../support/world-harness.ts';

/** By its path: a guard works in `/`, from where no package is found. */
const TSX = ['--import', new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href];
const PROGRAM = new URL('../support/world-guard-program.ts', import.meta.url).pathname;
const STARTER = new URL('../support/world-guard-starter.ts', import.meta.url).pathname;
const world = createWorld();
const guards = createGuards(world.clock, [...TSX, PROGRAM]);

async function linesOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

/** Waits until the guard has written a line that begins so. */
async function heard(path: string, start: string, count = 1): Promise<void> {
  await until(`the guard hears ${start}`, async () =>
    (await linesOf(path)).filter((line) => line.startsWith(start)).length >= count ? true : undefined,
  );
}

describe('a guard', () => {
  test('is a process in a session of its own, hears every renewal, and ends when it is dismissed', () =>
    realHarness.play(async ({ folder }) => {
      const path = join(folder, 'heard');
      const guard = await guards.start([path]);
      const info = await world.processes.info(guard.ref.pid);
      expect(info).toMatchObject({ startTime: guard.ref.startTime, session: guard.ref.pid, group: guard.ref.pid });
      let answers = 0;
      guard.onAnswer(() => {
        answers += 1;
      });
      for (let count = 1; count <= 3; count += 1) {
        guard.renew();
        await heard(path, 'renewed', count);
      }
      await until('three answers', () => answers === 3 || undefined);
      guard.dismiss();
      expect(await guard.ended).toBe('its process ended with exit code 0');
      expect((await linesOf(path)).slice(-4)).toEqual(['renewed', 'renewed', 'renewed', 'dismissed']);
      // Whatever is said afterwards is harmless.
      guard.renew();
      guard.dismiss();
    }));

  test('has an environment without our secrets and a folder that nobody needs', () =>
    realHarness.play(async ({ folder }) => {
      const path = join(folder, 'heard');
      const guard = await guards.start([path]);
      guard.dismiss();
      await guard.ended;
      const [env = '', cwd] = await linesOf(path);
      const allowed = new Set(Object.keys(environmentOfGuard(process.env)));
      expect(
        env
          .split(' ')
          .slice(1)
          .filter((name) => !allowed.has(name)),
      ).toEqual([]);
      expect(cwd).toBe('cwd /');
      expect(environmentOfGuard({ PATH: '/bin', XDG_STATE_HOME: '/s', PGPASSWORD: 'x', NODE_OPTIONS: '-r y' })).toEqual(
        {
          PATH: '/bin',
          XDG_STATE_HOME: '/s',
        },
      );
      // What it has to hide it must know.
      expect(environmentOfGuard({ PATH: '/bin', PGPASSWORD: 'x', OTHER: 'y' }, ['PGPASSWORD', 'MISSING'])).toEqual({
        PATH: '/bin',
        PGPASSWORD: 'x',
      });
    }));

  test('hears that the tool is gone when that is killed, after all that it had said before', () =>
    realHarness.play(async ({ folder }) => {
      const path = join(folder, 'heard');
      const tool = spawn(process.execPath, [...TSX, STARTER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
      const ended = once(tool, 'close');
      const [line] = await once(createInterface(tool.stdout), 'line');
      tool.kill('SIGKILL');
      await heard(path, 'gone');
      expect((await linesOf(path)).slice(-3)).toEqual(['renewed', 'renewed', 'gone']);
      await until('the guard has ended', async () =>
        (await world.processes.info(Number(line))) === undefined ? true : undefined,
      );
      await ended;
    }));

  test('says to its tool that it has ended, and by what', () =>
    realHarness.play(async ({ folder }) => {
      const guard = await guards.start([join(folder, 'heard')]);
      world.processes.kill(guard.ref.pid, 'SIGKILL');
      expect(await guard.ended).toBe('its process was ended by SIGKILL');
      guard.renew();
    }));

  test('that ends before it is ready is refused, with how it ended', () =>
    realHarness.play(async ({ folder }) => {
      await expect(guards.start([join(folder, 'heard'), 'fail'])).rejects.toMatchObject({
        code: 'guard-not-started',
        message: expect.stringContaining('exit code 7'),
        exitCode: 3,
      });
    }));

  test('that never says it is ready is refused after ten seconds, and ended', () =>
    realHarness.play(async ({ folder }) => {
      await expect(guards.start([join(folder, 'heard'), 'never'])).rejects.toMatchObject({
        code: 'guard-not-started',
        message: expect.stringContaining('10000ms'),
      });
    }));
});
