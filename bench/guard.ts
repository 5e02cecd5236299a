import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardPost, guardAtPost } from '../test/support/guard-post.ts';
import { figure, type Metric, printTable, spreadOf } from './results.ts';

/** As the kernel counts for all programs, whatever its own tick is. */
const TICKS_A_SECOND = 100;
const PER_SECONDS = 10;

/** What a guard at its post costs whoever it waits for: resident memory, and processor time while its lease is renewed each second. */
export async function benchGuard(rounds: number, seconds: number): Promise<readonly Metric[]> {
  const place = await mkdtemp(join(tmpdir(), 'gameday-bench-guard-'));
  const memory: number[] = [];
  const processor: number[] = [];
  let post: GuardPost | undefined;
  try {
    post = await guardAtPost(place);
    await post.answers();
    for (let round = 0; round < rounds; round += 1) {
      const before = await ticksOf(post.guard);
      const began = performance.now();
      await sleep(seconds * 1_000);
      const ms = ((await ticksOf(post.guard)) - before) * (1_000 / TICKS_A_SECOND);
      processor.push((ms * PER_SECONDS * 1_000) / (performance.now() - began));
      memory.push(await residentMb(post.guard));
    }
  } finally {
    if (post !== undefined) await post.end();
    await rm(place, { recursive: true, force: true });
  }
  const rows: readonly Metric[] = [
    { name: 'guard at its post: resident memory', unit: 'MB', better: 'less', values: memory },
    { name: `guard at its post: processor per ${PER_SECONDS}s`, unit: 'ms', better: 'less', values: processor },
  ];
  printTable([
    ['guard-cost', 'median', 'most', 'unit'],
    ...rows.map(({ name, unit, values }) => {
      const { median, most } = spreadOf(values);
      return [name, figure(median), figure(most), unit];
    }),
  ]);
  return rows;
}

/** User and system time of a process so far. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function residentMb(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
