import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { until } from '../../src/world/await.ts';
import { endMarked, untilQuiet } from '../../src/world/marked.ts';
import type { ProcessRef } from '../../src/world/world.ts';
import { realHarness, type Stage } from '../support/world-harness.ts';

/** Of these the system shows us nothing, as with hidepid=1. */
const hidden = vi.hoisted(() => new Set<number>());

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    readFile: async (...args: Parameters<typeof real.readFile>) => {
      const pid = Number(/^\/proc\/(\d+)\//.exec(String(args[0]))?.[1]);
      if (hidden.has(pid)) throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
      return real.readFile(...args);
    },
  };
});

afterEach(() => hidden.clear());

const never = new AbortController().signal;

/** A process with that mark, once it has begun its own program. */
async function marked({ world, folder }: Stage, mark: string): Promise<ProcessRef> {
  const env = { GAMEDAY_COMMAND: mark };
  const ref = await world.processes.startDetached('sleep', ['60'], { cwd: folder, env, logFile: join(folder, 'log') });
  const options = { everyMs: 10, signal: AbortSignal.timeout(10_000) };
  await until(world.clock, options, async () =>
    readFileSync(`/proc/${ref.pid}/environ`, 'utf8').includes(mark) ? true : undefined,
  );
  return ref;
}

async function gone({ world }: Stage, ref: ProcessRef): Promise<boolean | undefined> {
  const options = { everyMs: 10, signal: AbortSignal.timeout(10_000) };
  return until(world.clock, options, async () => ((await world.processes.alive(ref)) ? undefined : true));
}

test('what has the mark is ended, although another process is out of sight', () =>
  realHarness.play(async (stage) => {
    const [one, other, out] = [await marked(stage, 'a'), await marked(stage, 'b'), await marked(stage, 'a')];
    hidden.add(out.pid);
    await endMarked('a', never);
    hidden.clear();
    expect(await gone(stage, one)).toBe(true);
    const { processes } = stage.world;
    expect([await processes.alive(other), await processes.alive(out)]).toEqual([true, true]);
    for (const { pid } of [other, out]) processes.kill(pid, 'SIGKILL');
  }));

test('nobody is ended once the time is over', () =>
  realHarness.play(async (stage) => {
    const one = await marked(stage, 'c');
    await endMarked('c', AbortSignal.abort());
    expect(await stage.world.processes.alive(one)).toBe(true);
    stage.world.processes.kill(one.pid, 'SIGKILL');
  }));

test('a scan that finds nothing is made again, and one that always finds something ends with the time', async () => {
  const found = [true, false, true, false, false, true];
  await untilQuiet(never, async () => found.shift() ?? true);
  expect(found).toEqual([true]);
  const over = new AbortController();
  let scans = 0;
  await untilQuiet(over.signal, async () => {
    scans += 1;
    if (scans === 5) over.abort();
    return true;
  });
  expect(scans).toBe(5);
});
