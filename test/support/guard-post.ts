import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { JsonObject } from '../../src/core/json.ts';
import { type JournalContent, readJournal } from '../../src/journal/reader.ts';
import { createProcesses } from '../../src/world/processes.ts';
import { JournalBuilder, planOf, sessionStarted } from './journal-builder.ts';
import { ROOT } from './lab-program.ts';
import { until } from './real-servers.ts';

const processes = createProcesses();
const TOOL = new URL('guard-post-tool.ts', import.meta.url).pathname;
const TSX = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;

/** A guard of the built program at its post, and the tool that it watches. */
export interface GuardPost {
  readonly guard: number;
  /** The leader of a process group, as the step of a CI job is. */
  readonly tool: number;
  /** Resolves when the guard has answered a renewal that was sent after this call. */
  answers(): Promise<void>;
  /** What the session's journal says now. */
  journal(): Promise<JournalContent>;
  /** Ends the tool's whole group, and waits until the guard has done its work. */
  end(): Promise<void>;
}

/** Builds the program below `place` and has a tool start its guard for a session with a client of every stack. */
export async function guardAtPost(place: string): Promise<GuardPost> {
  const program = join(place, 'program');
  const session = join(place, 'session');
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs'), join(program, 'dist')], { cwd: ROOT });
  for (const part of ['package.json', 'bin']) await cp(join(ROOT, part), join(program, part), { recursive: true });
  await symlink(join(ROOT, 'runbooks'), join(program, 'runbooks'));
  await mkdir(session, { mode: 0o700 });
  await writeFile(join(place, 'secret'), 'a secret of the stacks\n', { mode: 0o600 });
  await writeFile(join(session, 'journal.jsonl'), begunSession(place), { mode: 0o600 });

  const tool = spawn(process.execPath, ['--import', TSX, TOOL, join(program, 'bin/gameday.js'), session], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(tool.stdout);
  let heard: () => void = () => undefined;
  const guard = await new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => (line === 'answered' ? heard() : resolve(Number(line))));
    lines.once('close', () => reject(new Error('the guard could not be started')));
  });
  return {
    guard,
    tool: tool.pid ?? 0,
    async answers() {
      // The first may be one that was on its way.
      for (let count = 0; count < 2; count += 1) {
        await new Promise<void>((resolve, reject) => {
          heard = resolve;
          lines.once('close', () => reject(new Error('the tool has ended')));
        });
      }
    },
    async end() {
      // A tool that has ended has given its number back.
      if (tool.exitCode === null && tool.signalCode === null) processes.killGroup(tool.pid ?? 0, 'SIGKILL');
      await until('the guard has ended', async () => ((await processes.info(guard)) === undefined ? true : undefined));
    },
    journal: async () => readJournal(await readFile(join(session, 'journal.jsonl'))),
  };
}

/** A session that has begun and broken nothing yet. */
function begunSession(place: string): string {
  const builder = new JournalBuilder();
  builder.add(1, { type: 'writer.started', origin: 'run', version: '0.0.0', pid: 1, host: 'h', bootId: 'b' });
  builder.add(2, {
    ...sessionStarted(Object.keys(SETTINGS).map((id) => planOf({ id }))),
    profile: 'smoke',
    config: { scenarios: SETTINGS },
    reach: { lockPath: join(place, 'lock'), platforms: {}, namespace: 'ab12cd34ef56', folder: place },
  });
  return `${builder.lines.join('\n')}\n`;
}

const SECRET = { file: 'secret' };
const API = { api: { url: 'http://127.0.0.1:1/' } };

function nodes(name: string, count: number, rest: (index: number) => JsonObject): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${name}-${index + 1}`,
    platform: 'lab',
    ...rest(index),
  }));
}

/** A guard has a client of each stack in memory: it removes what the ledgers have written. */
const SETTINGS = {
  A: {
    ...API,
    nodes: nodes('pg', 2, (index) => ({ host: 'h', port: index + 1 })),
    monitor: { host: 'h', port: 9, password: SECRET },
    database: 'd',
    user: 'u',
    password: SECRET,
  },
  B: {
    ...API,
    nodes: nodes('redis', 3, (index) => ({ host: 'h', port: index + 1, sentinelPort: index + 11 })),
    masterName: 'm',
    password: SECRET,
  },
  C: {
    ...API,
    nodes: nodes('minio', 4, (index) => ({ url: `http://h:${index + 1}` })),
    accessKey: SECRET,
    secretKey: SECRET,
  },
  E: { ...API, node: { name: 'rabbit-1', platform: 'lab', host: 'h', port: 5 }, user: 'u', password: SECRET },
};
