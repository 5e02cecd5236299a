import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { punctualityOf } from '../src/verdict/punctuality.ts';
import { type LookingCost, type LookingOptions, programOf, Speaker, scenarioIn } from '../test/support/looking.ts';
import { type Contender, LOADS, type Pace } from './contender.ts';
import { peers } from './peers.ts';
import { figure, type Metric, printTable, root, spreadOf } from './results.ts';

const TIMEOUT_MS = 1_000;

/** The prober has a processor of its own, its target another one. */
const ALONE = ['taskset', '-c', '0'];
const APART = availableParallelism() > 1 ? ['taskset', '-c', '1'] : [];

/** Rates, lateness and cost of our prober beside others, in alternating order. */
export async function benchProber(rounds: number, seconds: number): Promise<readonly Metric[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-bench-'));
  const target = new Speaker(['--import', 'tsx', join(root, 'bench/target.ts')], APART);
  try {
    const url = `http://127.0.0.1:${await target.next<number>()}/`;
    const program = join(folder, 'looking.mjs');
    await bundle(program);
    const contenders = [gameday('fresh', program), gameday('kept', program), ...(await peers(ALONE, folder))];
    const paces = new Map(contenders.map((one) => [one, [] as Pace[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const one of round % 2 === 0 ? contenders : [...contenders].reverse())
        paces.get(one)?.push(await one.run(url, seconds, folder));
    }
    return report(paces);
  } finally {
    await target.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The product as users get it: bundled, with no compiler beside it. */
async function bundle(outfile: string): Promise<void> {
  const [, , entry = ''] = programOf('looking-program.ts');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

function gameday(connection: 'fresh' | 'kept', program: string): Contender {
  const { probes, intervalMs } = LOADS[connection];
  return {
    name: `gameday, ${connection}`,
    connection,
    async run(url, seconds, base) {
      const folder = await mkdtemp(join(base, 'looked-'));
      const options: LookingOptions = {
        folder,
        probes: Array.from({ length: probes }, (_, index) => ({
          name: `p${index}`,
          url,
          intervalMs,
          timeoutMs: TIMEOUT_MS,
          connection,
        })),
      };
      const looker = new Speaker([program, JSON.stringify(options)], ALONE);
      try {
        await looker.next();
        await sleep(seconds * 1_000);
        looker.endInput();
        const { cpuMs, lookedMs } = await looker.next<LookingCost>();
        const series = punctualityOf(await scenarioIn(folder));
        const looks = series.reduce((sum, one) => sum + one.looks, 0);
        // The 99th percentile over all series is at most the worst of theirs.
        const lateP99Ms = Math.max(...series.map((one) => one.lateness?.p99Ms ?? Number.NaN));
        return { perSecond: (looks / lookedMs) * 1_000, cpuUs: (cpuMs / looks) * 1_000, lateP99Ms };
      } finally {
        await looker.kill();
      }
    },
  };
}

function report(paces: ReadonlyMap<Contender, readonly Pace[]>): readonly Metric[] {
  const all = [...paces];
  const ours = (connection: string): readonly Pace[] =>
    all.find(([one]) => one.name.startsWith('gameday') && one.connection === connection)?.[1] ?? [];
  const metrics = all.flatMap(([{ name, connection }, own]): readonly Metric[] => [
    { name: `${name}: rate`, unit: 'probes/s', better: 'more', values: own.map((one) => one.perSecond) },
    { name: `${name}: CPU time`, unit: 'us a probe', better: 'less', values: own.map((one) => one.cpuUs) },
    {
      name: `${name}: CPU time against gameday`,
      unit: 'ratio',
      better: 'more',
      values: own.map((one, round) => one.cpuUs / (ours(connection)[round]?.cpuUs ?? Number.NaN)),
    },
    {
      name: `${name}: lateness p99`,
      unit: 'ms',
      better: 'less',
      values: own.flatMap((one) => one.lateP99Ms ?? []),
    },
  ]);
  printTable([
    ['prober', 'probes/s', 'us CPU a probe', 'ratio to gameday', 'p99 lateness, ms'],
    ...all.map(([{ name }]) => [
      name,
      ...metrics.filter((one) => one.name.startsWith(`${name}:`)).map(({ values }) => figure(spreadOf(values).median)),
    ]),
  ]);
  return metrics.filter(({ values, name }) => values.length > 0 && !/^gameday.*against gameday$/.test(name));
}
