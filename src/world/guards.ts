import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { EXIT, GamedayError } from '../core/errors.ts';
import { codeOf } from './errno.ts';
import { refNow } from './processes.ts';
import type { Clock, GuardLink, Guards, Leash, ProcessRef } from './world.ts';

const READY = 'ready\n';
const READY_MS = 10_000;
/** One byte each: a write of one byte reaches the pipe whole or not at all. The guard answers a renewal with the same. */
const RENEWAL = '.';
const DISMISSAL = 'x';
const STDOUT = 1;

/** The guard waits for minutes and works for seconds: a small young generation keeps it small, and the limit leaves room to judge a long journal. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=2048'];

/** What the guard is given of our environment: what finds programs, files and the lock. Secrets only by name: those that it must hide. */
const HANDED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'GAMEDAY_DEBUG'];

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** `program`: arguments of node that start this very program; what `start` is given follows them. */
export function createGuards(clock: Clock, program: readonly string[] = process.argv.slice(1, 2)): Guards {
  return { start: (args, variables = []) => start(clock, [...NODE_FLAGS, ...program, ...args], variables), leash };
}

async function start(clock: Clock, args: readonly string[], variables: readonly string[]): Promise<GuardLink> {
  const child: Child = spawn(process.execPath, args, {
    // No folder that somebody may want to remove or unmount.
    cwd: '/',
    env: environmentOfGuard(process.env, variables),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Read in the same turn as the fork: the child cannot have been reaped yet, however soon it ends.
  const ref = child.pid === undefined ? undefined : refNow(child.pid);
  const ended = endOf(child);
  // A guard that is gone says so by its end.
  child.stdin.on('error', () => undefined);
  const problem = await firstOf(clock, child, ended);
  if (problem !== undefined || ref === undefined) {
    child.kill('SIGKILL');
    throw notReady(problem ?? 'it has no entry in /proc');
  }
  // Neither its lines nor its life keep our process alive.
  child.unref();
  for (const line of [child.stdin, child.stdout]) if ('unref' in line && typeof line.unref === 'function') line.unref();
  return link(child, ref, ended);
}

function link(child: Child, ref: ProcessRef, ended: Promise<string>): GuardLink {
  return {
    ref,
    renew: () => void (child.stdin.writable && child.stdin.write(RENEWAL)),
    onAnswer(listener) {
      child.stdout.on('data', (text: string) => {
        for (let count = 0; count < text.length; count += 1) listener();
      });
    },
    dismiss: () => void (child.stdin.writable && child.stdin.end(DISMISSAL)),
    ended,
  };
}

/** Undefined when the guard is ready; else why it is not, for a person. */
async function firstOf(clock: Clock, child: Child, ended: Promise<string>): Promise<string | undefined> {
  const waited = new AbortController();
  const ready = new Promise<undefined>((resolve) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said === READY) resolve(undefined);
    });
  });
  try {
    return await Promise.race([
      ready,
      ended,
      clock.sleep(READY_MS, waited.signal).then(() => `it did not say that it is ready within ${READY_MS}ms`),
    ]);
  } finally {
    waited.abort();
  }
}

function endOf(child: Child): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `its process ended with exit code ${code}` : `its process was ended by ${signal}`),
    );
  });
}

function notReady(problem: string): GamedayError {
  return new GamedayError({
    code: 'guard-not-started',
    message: `the guard could not be started: ${problem}`,
    hint: 'nothing is broken without it; what it wrote above says why, and GAMEDAY_DEBUG=1 shows more',
    exitCode: EXIT.inconclusive,
  });
}

/** Of the variables of this process, those that a guard needs, and those that are named. */
export function environmentOfGuard(own: NodeJS.ProcessEnv, named: readonly string[] = []): Record<string, string> {
  const wanted = [...HANDED_ON, ...named];
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) =>
      value !== undefined && (wanted.includes(name) || name.startsWith('XDG_')) ? [[name, value] as const] : [],
    ),
  );
}

/** In the guard. The tool's end of our input closes with the tool, however that ends. */
function leash(): Leash {
  const listeners: (() => void)[] = [];
  const ended = new Promise<'dismissed' | 'gone'>((resolve) => {
    process.stdin.on('data', (bytes: Buffer) => {
      for (const byte of bytes.toString('latin1')) {
        if (byte === DISMISSAL) resolve('dismissed');
        else {
          sayTo(STDOUT, RENEWAL);
          for (const listener of listeners) listener();
        }
      }
    });
    process.stdin.once('end', () => resolve('gone'));
    process.stdin.once('error', () => resolve('gone'));
  });
  sayTo(STDOUT, READY);
  return { onRenew: (listener) => void listeners.push(listener), ended };
}

/** A tool that has died meanwhile, or stands still with a full pipe, does not read it: the other line tells. */
function sayTo(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch (error) {
    if (!['EPIPE', 'EAGAIN'].includes(codeOf(error) ?? '')) throw error;
  }
}
