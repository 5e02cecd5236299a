import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject } from 'vitest';
import type { Verdict } from '../../src/core/outcome.ts';
import type { JournalRecord } from '../../src/journal/events.ts';
import { type JournalContent, readJournal } from '../../src/journal/reader.ts';
import { readLabState } from '../../src/lab/state.ts';
import type { ResultJson } from '../../src/report/json.ts';
import { createWorld } from '../../src/world/node-world.ts';
import { type Ended, endPrograms, type Program, startProgram } from './lab-program.ts';
import { until } from './real-servers.ts';

/** Everything below is about the one lab that `lab-setup.ts` keeps. */
const place = inject('drillPlace');
export const labFolder = join(place, 'lab');
export const world = createWorld();
export const labState = await readLabState(world, labFolder);

/** For tests that need a stack: what is missing is said aloud, and a missing stack skips them. */
export function lacks(stack: string): boolean {
  const missing = labState.missing.find((one) => one.stack === stack);
  if (missing !== undefined) console.warn(`not tested, the lab has no ${stack}: ${missing.reason}`);
  return missing !== undefined;
}

/** What `run --json` prints: a result, or why there is none. */
export type RunJson = Partial<ResultJson> & {
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
};

export interface RunOptions {
  readonly only?: string;
  /** Text of a gameday.yaml that is merged over the lab's own settings. */
  readonly config?: string;
  readonly args?: readonly string[];
  /** Default: `run --profile smoke --json`. */
  readonly command?: readonly string[];
  /** Default: a new empty folder. */
  readonly sessions?: string;
}

/** A run under way. */
export interface Run extends Program {
  /** Where its session folders stand. */
  readonly sessions: string;
  /** The session's folder, as soon as there is one. */
  folder(): Promise<string>;
  /** Resolves with the first such line of the journal. */
  record(type: JournalRecord['type']): Promise<JournalRecord>;
}

/** A new empty folder. */
export function newFolder(name: string): Promise<string> {
  return mkdtemp(join(place, `${name}-`));
}

/** Any command line on this lab; `--lab-dir` is not added. */
export async function command(...args: readonly string[]): Promise<Ended> {
  return startProgram(place, args, await newFolder('cwd')).ended;
}

export async function startRun(options: RunOptions = {}): Promise<Run> {
  const cwd = await newFolder('cwd');
  const sessions = options.sessions ?? (await newFolder('sessions'));
  const config = join(cwd, 'the.yaml');
  if (options.config !== undefined) await writeFile(config, options.config);
  const program = startProgram(
    place,
    [
      ...(options.command ?? ['run', '--profile', 'smoke', '--json']),
      ...['--lab-dir', labFolder, '--sessions', sessions],
      ...(options.only === undefined ? [] : ['--only', options.only]),
      ...(options.config === undefined ? [] : ['--config', config]),
      ...(options.args ?? []),
    ],
    cwd,
  );
  const folder = () => until('a session folder', () => findSession(sessions));
  return {
    ...program,
    sessions,
    folder,
    record: async (type) => {
      const seen = until(
        `${type} in the journal`,
        async () => (await readSession(await folder())).records.find((one) => one.type === type),
        180_000,
      );
      return Promise.race([seen, program.ended.then((end) => unexpectedEnd(type, end))]);
    },
  };
}

function unexpectedEnd(type: string, end: Ended): never {
  throw new Error(`the run ended (${end.code}) before ${type} came:\n${end.stderr.slice(-4_000)}`);
}

export interface Finished extends Ended {
  readonly sessions: string;
  readonly json: RunJson;
}

/** Runs to the end; there must be exactly one JSON document on stdout. */
export async function runToEnd(options: RunOptions = {}): Promise<Finished> {
  const run = await startRun(options);
  const end = await run.ended;
  return { ...end, sessions: run.sessions, json: parseDocument(end) };
}

export function parseDocument(end: Ended): RunJson {
  try {
    return JSON.parse(end.stdout) as RunJson;
  } catch {
    throw new Error(
      `no JSON document on stdout (exit ${end.code}): ${end.stdout.slice(0, 400)}\n${end.stderr.slice(-2_000)}`,
    );
  }
}

export async function findSession(sessions: string): Promise<string | undefined> {
  const names = (await readdir(sessions)).filter((name) => name.endsWith('-lab'));
  expect(names.length, `session folders in ${sessions}`).toBeLessThan(2);
  return names[0] === undefined ? undefined : join(sessions, names[0]);
}

/** The journal as it stands; empty where there is none yet. */
export async function readSession(folder: string): Promise<JournalContent> {
  return readJournal(await readFile(join(folder, 'journal.jsonl')).catch(() => new Uint8Array()));
}

/** A journal of which every line follows from the one before, and whose writer closed it. */
export async function expectSealed(folder: string): Promise<JournalContent> {
  const content = await readSession(folder);
  expect(content.problems).toEqual([]);
  expect(content.records.at(-1)?.type).toBe('session.sealed');
  return content;
}

interface Status {
  readonly code: number | null;
  readonly allUp: boolean;
  readonly notUp: readonly string[];
  readonly details: Readonly<Record<string, string>>;
}

/** What `gameday lab status` says. */
export async function labStatus(): Promise<Status> {
  const { code, stdout } = await command('lab', 'status', '--json', '--lab-dir', labFolder);
  const { allUp, nodes } = JSON.parse(stdout) as {
    allUp: boolean;
    nodes: { name: string; state: string; detail: string }[];
  };
  return {
    code,
    allUp,
    notUp: nodes.filter((node) => node.state !== 'up').map((node) => node.name),
    details: Object.fromEntries(nodes.map((node) => [node.name, node.detail])),
  };
}

/** Nothing was left stopped. */
export async function expectAllUp(): Promise<void> {
  const { code, allUp, notUp } = await labStatus();
  expect({ code, allUp, notUp }).toEqual({ code: 0, allUp: true, notUp: [] });
}

/** Every stack is well again, whatever the test before has done to it. */
export async function wellLab(): Promise<void> {
  const { code, stderr } = await command('lab', 'up', '--lab-dir', labFolder);
  expect(code, stderr).toBe(0);
}

/** Before each test of the file every stack is well, and after it no program is left. */
export function onWellLab(): void {
  beforeEach(wellLab);
  afterEach(endPrograms);
}

export interface Judged {
  readonly status: Verdict;
  readonly reason: string;
  readonly measured: string;
}

/** One gate of a scenario, or of the session (`null`). */
export function gateOf(json: RunJson, scenario: string | null, id: string): Judged {
  const gates = scenario === null ? json.sessionGates : json.scenarios?.find((one) => one.id === scenario)?.gates;
  const gate = gates?.find((one) => one.id === id);
  if (gate === undefined) throw new Error(`no gate ${id} of ${scenario ?? 'the session'} in ${JSON.stringify(json)}`);
  return gate;
}

/** All gates that did not pass, as `D error-run: FAIL`; the session's without a letter. */
export function notPassed(json: RunJson): readonly string[] {
  if (json.error !== undefined) throw new Error(`it was refused: ${json.error.message}`);
  const drills = (json.scenarios ?? []).flatMap((one) =>
    one.gates.map((gate) => ({ ...gate, id: `${one.id} ${gate.id}` })),
  );
  const gates = [...drills, ...(json.sessionGates ?? [])].filter((gate) => gate.status !== 'PASS');
  for (const { id, status, measured, reason } of gates) console.info(`${status} ${id}: ${measured}; ${reason}`);
  return gates.map(({ id, status }) => `${id}: ${status}`);
}

/** Every password of the lab. */
export async function secretsOfLab(): Promise<readonly string[]> {
  const names = await readdir(labState.secretsFolder);
  const texts = await Promise.all(names.map((name) => readFile(join(labState.secretsFolder, name), 'utf8')));
  return [...new Set(texts.flatMap((text) => text.split(/[\n=]/)).filter((word) => /^[0-9a-f]{16,}$/.test(word)))];
}
