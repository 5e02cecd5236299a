import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
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

  test('names the process that inherited it, when its owner is gone', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = join(folder, 'lab');
      await writeFile(path, JSON.stringify(owner));
      // A shell locks its own descriptor by a child and ends; `sleep` has inherited the descriptor.
      const shell = spawn('sh', ['-c', `exec 9>>"$1"; flock -n -x 9; sleep 60 & echo $!`, 'sh', path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(createInterface(shell.stdout), 'line');
      const pid = Number(line);
      try {
        const busy = await world.locks.acquire(path, owner);
        if ('held' in busy) throw new Error('the lock was free');
        expect(busy.owner).toEqual(owner);
        await expect.poll(busy.holders ?? (() => undefined)).toEqual([{ pid, name: 'sleep' }]);
      } finally {
        world.processes.kill(pid, 'SIGKILL');
      }
      await expect.poll(async () => 'held' in (await world.locks.acquire(path, owner))).toBe(true);
    }));

  test('under which an old note stands is free: the note is written over', () =>
    realHarness.play(async ({ world, folder }) => {
      const path = join(folder, 'lab');
      await writeFile(path, `${JSON.stringify({ ...owner, session: 'a'.repeat(500) })}\n`);
      const held = await take(world, path);
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(owner);
      await held.release();
      expect(await readFile(path, 'utf8')).toBe('');
    }));

  test.each(['', '{"pid":1', 'null', '[]', '{"pid":"1"}', '\u0000\u0000'])(
    'is held under a note that is none: %j',
    (note) =>
      realHarness.play(async ({ world, folder }) => {
        const path = join(folder, 'lab');
        const held = await take(world, path);
        try {
          await writeFile(path, note);
          expect(await createWorld().locks.acquire(path, owner)).toMatchObject({ owner: undefined });
        } finally {
          await held.release();
        }
      }),
  );

  test.each([
    ['No locks available', 71, 'lock-unsupported'],
    ['Operation not supported', 65, 'lock-unsupported'],
    ['Function not implemented', 65, 'lock-unsupported'],
    ['Input/output error', 65, 'lock-unusable'],
  ])('on a file system that answers "%s" is a clear error', (said, code, expected) =>
    realHarness.play(async ({ world, folder }) => {
      await writeFile(join(folder, 'flock'), `#!/bin/sh\necho 'flock: 3: ${said}' >&2\nexit ${code}\n`, {
        mode: 0o755,
      });
      const path = process.env.PATH;
      process.env.PATH = `${folder}:${path}`;
      try {
        await expect(world.locks.acquire(join(folder, 'lab'), owner)).rejects.toMatchObject({
          code: expected,
          hint: expect.stringContaining('XDG_STATE_HOME'),
          exitCode: 3,
        });
      } finally {
        process.env.PATH = path;
      }
    }),
  );

  test('on a path that cannot be opened is a clear error', () =>
    realHarness.play(async ({ world, folder }) => {
      await writeFile(join(folder, 'file'), '');
      for (const path of [join(folder, 'file', 'lab'), folder])
        await expect(world.locks.acquire(path, owner)).rejects.toMatchObject({ code: 'lock-unusable', exitCode: 3 });
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
