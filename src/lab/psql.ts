import type { LabNode } from '../core/lab-state.ts';
import { commandOf, environmentOf } from '../platforms/lab/launch.ts';
import type { ExecResult } from '../world/world.ts';
import type { Lab } from './lab.ts';

const SQL_MS = 5_000;

export interface RunOptions {
  readonly limitMs: number;
  readonly input?: string;
}

/** Runs a program of Postgres as the node's own user, in its environment and with the lab's marker. Rejects unless it exits with 0. */
export async function runForPostgres(
  lab: Lab,
  node: LabNode,
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const [leader] = node.processes;
  if (leader === undefined) throw new Error(`${node.name} has no process`);
  const [program = '', ...rest] = commandOf(lab.world, {
    file,
    args,
    ...(leader.runAs === undefined ? {} : { runAs: leader.runAs }),
  });
  const result = await lab.world.exec.run(program, rest, {
    cwd: node.folder,
    env: environmentOf(lab.state, node.name, leader.env),
    timeoutMs: options.limitMs,
    signal: lab.signal,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`${node.name}: ${file} ${endOf(result, options.limitMs)}`);
}

/** SQL as the superuser over the node's own socket. Returns the rows, fields separated by `|`. */
export async function sql(lab: Lab, node: LabNode, database: string, text: string): Promise<readonly string[]> {
  const args = ['-X', '-A', '-t', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-d', database];
  const output = await runForPostgres(lab, node, 'psql', args, { limitMs: SQL_MS, input: text });
  return output.split('\n').filter((line) => line !== '');
}

function endOf(result: ExecResult, limitMs: number): string {
  if (result.timedOut) return `did not end within ${limitMs / 1_000} s`;
  const said = (result.stderr || result.stdout).trim().split('\n').slice(-3).join(' ');
  return `failed (exit ${result.exitCode}): ${said}`;
}
