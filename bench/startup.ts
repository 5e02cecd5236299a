import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { figure, type Metric, printTable, root, spreadOf } from './results.ts';

const PROGRAM = join(root, 'bin', 'gameday.js');
const STARTS: readonly (readonly [string, readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['gameday --version', [PROGRAM, '--version']],
  ['gameday scenarios', [PROGRAM, 'scenarios']],
];

/** How long the program takes to start, against Node alone, in alternating order. */
export async function benchStartup(rounds: number): Promise<readonly Metric[]> {
  const times = STARTS.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...STARTS.keys()];
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      times[index]?.push(await timeOf(STARTS[index]?.[1] ?? []));
    }
  }
  const bare = times[0] ?? [];
  const ratios = times.map((own) => own.map((ms, round) => ms / (bare[round] ?? Number.NaN)));
  printTable([
    ['start-up', 'ms', 'ratio to node'],
    ...STARTS.map(([name], index) => [
      name,
      figure(spreadOf(times[index] ?? []).median),
      figure(spreadOf(ratios[index] ?? []).median),
    ]),
  ]);
  return STARTS.flatMap(([name], index): readonly Metric[] => [
    { name: `start-up: ${name}`, unit: 'ms', better: 'less', values: times[index] ?? [] },
    ...(index === 0
      ? []
      : [
          {
            name: `start-up: ${name} against node`,
            unit: 'ratio',
            better: 'less' as const,
            values: ratios[index] ?? [],
          },
        ]),
  ]);
}

async function timeOf(args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - began;
}
