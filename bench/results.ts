import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** One figure, as often as it was measured. `ratio` figures were measured against another one in the same run. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly values: readonly number[];
}

/** A file below `bench-results/`. */
export interface BenchResults {
  readonly bench: string;
  readonly at: string;
  readonly machine: { readonly node: string; readonly processor: string; readonly processors: number };
  /** Load of the machine, averaged over a minute, before and after: on a busy one figures are worth little. */
  readonly load: readonly [before: number, after: number];
  readonly metrics: readonly Metric[];
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** The middle and the ends of a list; NaN of none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { least: sorted[0] ?? NaN, median: quantile(sorted, 0.5), most: sorted.at(-1) ?? NaN };
}

/** The least value that `part` (0 to 1) of an ascending list does not exceed; NaN of none. */
export function quantile(ascending: readonly number[], part: number): number {
  return ascending[Math.max(0, Math.ceil(part * ascending.length) - 1)] ?? Number.NaN;
}

export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** Writes the results and says where. */
export async function writeResults(bench: string, before: number, metrics: readonly Metric[]): Promise<void> {
  const at = new Date().toISOString();
  const results: BenchResults = {
    bench,
    at,
    machine: { node: process.version, processor: cpus()[0]?.model ?? '', processors: availableParallelism() },
    load: [before, loadNow()],
    metrics,
  };
  const path = join(root, 'bench-results', `${bench}-${at.replace(/[:.]/g, '-')}.json`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 1)}\n`);
  process.stdout.write(
    `load of the machine ${before.toFixed(1)} before, ${loadNow().toFixed(1)} after\nwritten to ${path}\n`,
  );
}

/** Throws when the file holds something else. */
export async function readResults(path: string): Promise<BenchResults> {
  const results: BenchResults = JSON.parse(await readFile(path, 'utf8'));
  if (!Array.isArray(results.metrics)) throw new Error(`${path} holds no results of a bench`);
  return results;
}

/** Rows with a header as aligned columns; what looks like a number is put to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      /^[\d.-]/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

/** Three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
