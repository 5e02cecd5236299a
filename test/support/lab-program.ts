import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** Where the built program stands: a copy of its own for these tests, so that a build in between does not end a drill. */
export function gamedayOf(place: string): string {
  return join(place, 'program', 'bin', 'gameday.js');
}

/** Settings of the person at the keyboard that would change what the program does. */
const OURS = ['ONLY', 'SKIP', 'NO_COLOR', 'FORCE_COLOR', 'GAMEDAY_DEBUG', 'NODE_OPTIONS'];

/** The environment for programs of these tests: locks stand below `place`. */
export function programEnv(place: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.includes(name) && !name.startsWith('VITEST'));
  return { ...Object.fromEntries(kept), XDG_STATE_HOME: join(place, 'state') };
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program at work, as a child process. */
export interface Program {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  stderr(): string;
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  /** Closes both of our ends of its output, as a terminal does that goes away. */
  hangUp(): void;
}

const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();

/** Starts the program in a process group of its own, so that no signal reaches it that was not meant for it. */
export function startProgram(place: string, args: readonly string[], cwd: string): Program {
  const child = spawn(process.execPath, [gamedayOf(place), ...args], {
    cwd,
    env: programEnv(place),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, 'close').then(([code]: unknown[]) => {
    running.delete(child);
    return { code: typeof code === 'number' ? code : null, ...said };
  });
  return {
    pid: child.pid ?? 0,
    ended,
    stderr: () => said.stderr,
    signal: (name) => void child.kill(name),
    hangUp() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

/** For afterEach: a program that a failed test left behind is told to restore, and waited for. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    }),
  );
}
