import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type GuardPost, guardAtPost } from '../support/guard-post.ts';
import { realHarness } from '../support/world-harness.ts';

/** Of a machine that is short of memory the kernel ends the largest: that must never be what restores. */
const MOST_KB = 70 * 1_024;
const LOOKS = 3;
const TIMEOUT_MS = 120_000;

async function residentKb(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Of several looks the least: the garbage of a moment is not what it needs. */
async function leastResidentKb({ guard, answers }: GuardPost): Promise<number> {
  const seen: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await answers();
    seen.push(await residentKb(guard));
  }
  return Math.min(...seen);
}

describe('the guard of the built program at its post', () => {
  test(
    'is small, outlives a closed terminal and the end of the tool’s process group, and then does its work',
    () =>
      realHarness.play(async ({ folder, world: { processes } }) => {
        const post = await guardAtPost(folder);
        const { guard } = post;
        try {
          expect(await leastResidentKb(post)).toBeLessThan(MOST_KB);
          for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) processes.kill(guard, name);
          await post.answers();
          await post.end();
          const { records } = await post.journal();
          expect(records.find(({ type }) => type === 'takeover')).toMatchObject({ by: 'guard' });
          expect(records.at(-1)?.type).toBe('session.sealed');
        } finally {
          await post.end();
        }
      }),
    TIMEOUT_MS,
  );
});
