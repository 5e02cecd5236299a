import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import type { ScenarioView } from '../../src/journal/view.ts';
import type { HttpProbeOptions } from '../../src/probes/http.ts';

/** What the program that looks is told to do; plain data. */
export interface LookingOptions {
  /** An empty folder for its journal. */
  readonly folder: string;
  readonly probes: readonly Pick<HttpProbeOptions, 'name' | 'url' | 'intervalMs' | 'timeoutMs' | 'connection'>[];
  readonly wallClock?: 'jumps';
}

/** What it says at its end. */
export interface LookingCost {
  readonly cpuMs: number;
  readonly lookedMs: number;
}

/** A child that speaks a line of JSON at a time and ends when its input does. */
export class Speaker {
  readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  /** `command` goes before Node's own path: `['taskset', '-c', '0']`. */
  constructor(args: readonly string[], command: readonly string[] = []) {
    const [file = process.execPath, ...rest] = [...command, process.execPath, ...args];
    this.child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.child.stdout === null) throw new Error('the child has no output');
    this.reader = createInterface(this.child.stdout);
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  async next<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error(`${this.child.spawnargs.at(-2)} ended and said nothing`);
    return JSON.parse(value);
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.child.stdin?.end();
  }

  /** Ends it whatever it does. */
  async kill(): Promise<void> {
    this.reader.close();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}

/** Arguments for Node that run a TypeScript program of this folder. */
export function programOf(name: string): readonly string[] {
  return ['--import', 'tsx', new URL(name, import.meta.url).pathname];
}

/** What the journal of the program that looked says. Throws when it is not whole. */
export async function scenarioIn(folder: string): Promise<ScenarioView> {
  const { records, problems } = readJournal(await readFile(join(folder, 'journal.jsonl')));
  if (problems.length > 0) throw new Error(`the journal is damaged: ${JSON.stringify(problems[0])}`);
  const [scenario] = foldJournal(records).scenarios;
  if (scenario === undefined) throw new Error('the journal has no scenario');
  return scenario;
}
