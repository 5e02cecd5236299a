import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { createWorld } from '../../src/world/node-world.ts';
import type { HeldLock, LockOwner, World } from '../../src/world/world.ts';
import { realHarness } from '../support/world-harness.ts';

const HOLDER = new URL('../support/world-lock-holder.ts', import.meta.url).pathname;
const owner: LockOwner = {
  pid: 4711,
  startTime: '99',
  host: 'here',
  session: 'parent',
  since: '2026-01-01T00:00:00.000Z',
};
const children: ChildProcess[] = [];

/** Starts a child that tries to take the lock, and returns its answer. */
async function challenge(path: string): Promise<{ child: ChildProcess; answer: unknown }> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('the child has no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, answer: JSON.parse(String(line)) };
}

async function take(world: World, path: string): Promise<HeldLock> {
  const result = await world.locks.acquire(path, owner);
  if (!('held' in result)) throw new Error(`the lock is held by ${JSON.stringify(result.owner)}`);
  return result.held;
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child);
});

describe('a kernel lock', () => {
  test('keeps another process out for as long as we hold it', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = join(folder, 'locks', 'lab');
      const held = await take(world, path);
      expect((await challenge(path)).answer).toEqual({ held: false, owner });
      await held.release();
      expect((await challenge(path)).answer).toEqual({ held: true });
    }));

  test('is free again when its holder is killed', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = join(folder, 'lab');
      const { child, answer } = await challenge(path);
      expect(answer).toEqual({ held: true });
      expect(await world.locks.acquire(path, owner)).toMatchObject({ owner: { pid: child.pid, session: 'child' } });
      await end(child);
      await (await take(world, path)).release();
    }));

  test('is not carried on by a detached child or a command', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = join(folder, 'lab');
      const held = await take(world, path);
      const detached = await world.processes.startDetached('sleep', ['60'], {
        cwd: folder,
        env: {},
        logFile: join(folder, 'log'),
      });
      const enough = new AbortController();
      let command: Promise<unknown> = Promise.resolve();
      await new Promise<unknown>((onSpawn) => {
        command = world.exec.run('sleep', ['60'], { timeoutMs: 60_000, signal: enough.signal, onSpawn });
      });
      try {
        await held.release();
        await (await take(createWorld(), path)).release();
        expect(await world.processes.alive(detached)).toBe(true);
      } finally {
        world.processes.kill(detached.pid, 'SIGKILL');
        enough.abort();
        await command;
      }
    }));

  test('says what to install where flock is missing', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = process.env.PATH;
      process.env.PATH = folder;
      try {
        await expect(world.locks.acquire(join(folder, 'lab'), owner)).rejects.toMatchObject({
          code: 'flock-missing',
          hint: expect.stringContaining('util-linux'),
          exitCode: 3,
        });
      } finally {
        process.env.PATH = path;
      }
    }));
});
