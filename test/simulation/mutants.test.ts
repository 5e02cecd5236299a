import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** Each of them is found within some hundreds of sessions: enough to show that it can be. */
const SEEDS = 1_500;
const TIMEOUT_MS = 240_000;

it(
  'the simulator finds every bug that is planted',
  async () => {
    const { code, output } = await mutants(['--seeds', String(SEEDS)]);
    process.stderr.write(output);
    expect(output).toMatch(/(\d+) of \1 mutants caught/);
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);

function mutants(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const script = join(ROOT, 'scripts', 'mutants.mjs');
    execFile(process.execPath, [script, ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, output: `${stderr}${stdout}` });
    });
  });
}
