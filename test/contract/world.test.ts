import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DeadlineError } from '../../src/world/await.ts';
import type { LockOwner } from '../../src/world/world.ts';
import { realHarness, type Stage, simHarness } from '../support/world-harness.ts';

const owner: LockOwner = {
  pid: 4711,
  startTime: '99',
  host: 'here',
  session: 'one',
  since: '2026-01-01T00:00:00.000Z',
};
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

describe.each([realHarness, simHarness])('$name', ({ play }) => {
  const check = (name: string, body: (stage: Stage) => Promise<void>): void => {
    test(name, () => play(body));
  };

  describe('clock', () => {
    check('never wakes a sleeper early', async ({ world: { clock } }) => {
      for (const ms of [0, 1, 7.5, 20]) {
        const before = clock.now();
        await clock.sleep(ms);
        expect(clock.now() - before).toBeGreaterThanOrEqual(ms);
      }
    });

    check('ends a sleep at once, without an error, when the signal aborts', async ({ world: { clock } }) => {
      const controller = new AbortController();
      const long = clock.sleep(3_600_000, controller.signal);
      controller.abort();
      await long;
      await clock.sleep(3_600_000, controller.signal);
      expect(controller.signal.aborted).toBe(true);
    });

    check('aborts when the time has run out, and says so', async ({ world: { clock } }) => {
      const deadline = clock.deadline(5);
      await clock.sleep(3_600_000, deadline.signal);
      expect(deadline.expired()).toBe(true);
      expect(deadline.signal.reason).toBeInstanceOf(DeadlineError);
    });

    check('aborts with its parent and is then not expired', async ({ world: { clock } }) => {
      const parent = new AbortController();
      const deadline = clock.deadline(3_600_000, parent.signal);
      parent.abort('enough');
      expect(deadline.signal.aborted).toBe(true);
      expect(deadline.signal.reason).toBe('enough');
      expect(deadline.expired()).toBe(false);
      expect(clock.deadline(3_600_000, parent.signal).signal.aborted).toBe(true);
    });

    check('does nothing more once it is cancelled', async ({ world: { clock } }) => {
      const parent = new AbortController();
      const deadline = clock.deadline(1, parent.signal);
      deadline.cancel();
      await clock.sleep(5);
      parent.abort();
      expect(deadline.signal.aborted).toBe(false);
      expect(deadline.expired()).toBe(false);
    });
  });

  describe('random', () => {
    check('gives hex of the length asked for and numbers below the limit', async ({ world: { random } }) => {
      expect(random.hex(8)).toMatch(/^[0-9a-f]{16}$/);
      for (let round = 0; round < 100; round += 1) expect([0, 1, 2]).toContain(random.below(3));
    });
  });

  describe('fs', () => {
    check('answers undefined for what is not there', async ({ world: { fs }, folder }) => {
      const path = join(folder, 'none');
      expect(await fs.readText(path)).toBeUndefined();
      expect(await fs.readBytes(path)).toBeUndefined();
      expect(await fs.readFrom(path, 0, 10)).toBeUndefined();
      expect(await fs.size(path)).toBeUndefined();
      expect(await fs.list(path)).toBeUndefined();
      expect(await fs.exists(path)).toBe(false);
      await fs.remove(path);
      await expect(fs.realPath(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    check(
      'writes whole files with the mode asked for and leaves nothing beside them',
      async ({ world: { fs }, folder, mode }) => {
        const path = join(folder, 'secret');
        await fs.write(path, 'first', 0o600);
        await fs.write(path, Buffer.from('second'), 0o640);
        expect(await fs.readText(path)).toBe('second');
        expect(await mode(path)).toBe(0o640);
        await fs.chmod(path, 0o600);
        expect(await mode(path)).toBe(0o600);
        expect(await fs.list(folder)).toEqual(['secret']);
      },
    );

    check('refuses to write where the folder is missing, and to read a folder', async ({ world: { fs }, folder }) => {
      await expect(fs.write(join(folder, 'none', 'file'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(fs.openAppend(join(folder, 'none', 'file'))).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(fs.readText(folder)).rejects.toMatchObject({ code: 'EISDIR' });
      await expect(fs.openAppend(folder)).rejects.toMatchObject({ code: 'EISDIR' });
    });

    check('appends to what is there and reads from an offset', async ({ world: { fs }, folder, mode }) => {
      const path = join(folder, 'journal');
      const first = await fs.openAppend(path, 0o600);
      await first.write(Buffer.from('one\n'));
      await first.sync();
      await first.close();
      const second = await fs.openAppend(path);
      await second.write(Buffer.from('two\n'));
      await second.write(Buffer.alloc(0));
      expect(await fs.readText(path)).toBe('one\ntwo\n');
      expect(await fs.size(path)).toBe(8);
      expect(text(await fs.readFrom(path, 4, 100))).toBe('two\n');
      expect(text(await fs.readFrom(path, 2, 3))).toBe('e\nt');
      expect(text(await fs.readFrom(path, 100, 3))).toBe('');
      expect(await mode(path)).toBe(0o600);
      await second.close();
      await expect(second.write(Buffer.from('late'))).rejects.toMatchObject({ code: 'EBADF' });
    });

    check('makes, lists and removes folders', async ({ world: { fs }, folder }) => {
      const deep = join(folder, 'a', 'b');
      await fs.makeFolder(deep, 0o700);
      await fs.makeFolder(deep);
      await fs.write(join(deep, 'z'), 'z');
      await fs.write(join(deep, 'y'), 'y');
      expect(await fs.list(deep)).toEqual(['y', 'z']);
      expect(await fs.list(folder)).toEqual(['a']);
      expect(await fs.list(join(deep, 'z'))).toBeUndefined();
      expect(await fs.realPath(join(deep, '..', 'b'))).toBe(await fs.realPath(deep));
      await fs.remove(join(folder, 'a'));
      expect(await fs.list(folder)).toEqual([]);
    });

    check('knows what stands there and whose it is', async ({ world: { fs, env }, folder }) => {
      await fs.write(join(folder, 'file'), 'x');
      expect(await fs.entry(join(folder, 'file'))).toEqual({ kind: 'file', uid: env.uid });
      expect(await fs.entry(folder)).toEqual({ kind: 'folder', uid: env.uid });
      expect(await fs.entry(join(folder, 'none'))).toBeUndefined();
      expect(await fs.entry(join(folder, 'file', 'none'))).toBeUndefined();
    });

    check('knows how much is free', async ({ world: { fs }, folder }) => {
      expect(await fs.freeBytes(folder)).toBeGreaterThan(0);
    });
  });

  describe('locks', () => {
    check('are held once, and the holder is named to whoever comes second', async ({ world: { locks }, folder }) => {
      const path = join(folder, 'lock');
      const first = await locks.acquire(path, owner);
      expect(await locks.acquire(path, { ...owner, session: 'two' })).toMatchObject({ owner });
      expect('held' in (await locks.acquire(join(folder, 'another'), owner))).toBe(true);
      if (!('held' in first)) throw new Error('the first to come did not get the lock');
      await first.held.release();
      await first.held.release();
      const third = await locks.acquire(path, { ...owner, session: 'three' });
      expect('held' in third).toBe(true);
      await first.held.release();
      expect(await locks.acquire(path, owner)).toMatchObject({ owner: { ...owner, session: 'three' } });
    });
  });
});
