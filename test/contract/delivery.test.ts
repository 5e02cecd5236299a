import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf } from '../../src/world/errno.ts';
import { realHarness, type Stage } from '../support/world-harness.ts';

const PROGRAM = new URL('../support/main-program.ts', import.meta.url).pathname;
/** A reader that takes a page at a time: a pipe has room again only bit by bit. */
const PAGE = 4_096;
/** What a pipe of Linux takes by itself. */
const PIPE = 65_536;

/** The program writes its schema, which is more than a pipe takes, into one; `read` is the reader's end. */
async function intoPipe({ folder }: Stage, use: (read: number) => Promise<void>): Promise<number | null> {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, 'schema'], {
    stdio: ['ignore', write, 'inherit'],
  });
  const ended = once(child, 'exit');
  closeSync(write);
  await use(read);
  const [code] = await ended;
  return code;
}

/** The next bytes; none at the end. */
async function next({ world }: Stage, read: number, most: number): Promise<Buffer> {
  const buffer = Buffer.alloc(most);
  for (;;) {
    try {
      return buffer.subarray(0, readSync(read, buffer));
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
    }
    await world.clock.sleep(2);
  }
}

test('a slow reader gets every byte, and the exit code stays', () =>
  realHarness.play(async (stage) => {
    const pages: Buffer[] = [];
    const code = await intoPipe(stage, async (read) => {
      for (;;) {
        const page = await next(stage, read, PAGE);
        if (page.length === 0) break;
        pages.push(page);
        await stage.world.clock.sleep(2);
      }
      closeSync(read);
    });
    const text = Buffer.concat(pages).toString();
    expect(text.length).toBeGreaterThan(PIPE);
    expect(JSON.parse(text)).toMatchObject({ type: 'object' });
    expect(code).toBe(0);
  }));

test('a reader that leaves in the middle does not hold up the end', () =>
  realHarness.play(async (stage) => {
    const code = await intoPipe(stage, async (read) => {
      await next(stage, read, 1);
      closeSync(read);
    });
    expect(code).toBe(0);
  }));
