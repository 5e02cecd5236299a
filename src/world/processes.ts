import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { EXIT, GamedayError } from '../core/errors.ts';
import { childEnvironment } from './environment.ts';
import { codeOf, unlessMissing } from './errno.ts';
import { isDead, parseProcStat } from './proc-stat.ts';
import type { DetachedOptions, Processes, ProcessInfo, ProcessRef } from './world.ts';

/** A process may vanish between two reads, and what belongs to other users cannot be read. */
const OUT_OF_SIGHT = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

export function createProcesses(): Processes {
  return {
    self: refNow(process.pid) ?? { pid: process.pid, startTime: 'unknown' },
    startDetached,
    info,
    alive: async (ref) => (await info(ref.pid))?.startTime === ref.startTime,
    list,
    cwd: (pid) => unlessMissing(readlink(`/proc/${pid}/cwd`), OUT_OF_SIGHT),
    environment,
    kill: (pid, signal) => send(pid, pid, signal),
    killGroup: (group, signal) => send(group, -group, signal),
  };
}

/** Pid and start time of a process at this moment, read without giving it time to end. A zombie still has both. */
export function refNow(pid: number): ProcessRef | undefined {
  try {
    const found = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return found === undefined ? undefined : { pid: found.pid, startTime: found.startTime };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

async function info(pid: number): Promise<ProcessInfo | undefined> {
  const line = await unlessMissing(readFile(`/proc/${pid}/stat`, 'utf8'), ['ENOENT', 'ESRCH']);
  const found = line === undefined ? undefined : parseProcStat(line);
  return found === undefined || isDead(found.state) ? undefined : found;
}

async function list(): Promise<readonly ProcessInfo[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(info));
  return found.filter((one) => one !== undefined).sort((a, b) => a.pid - b.pid);
}

async function environment(pid: number, name: string): Promise<string | undefined> {
  const text = await unlessMissing(readFile(`/proc/${pid}/environ`, 'utf8'), OUT_OF_SIGHT);
  const entry = text?.split('\0').find((one) => one.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** 0 and 1 and negative numbers mean "my group", init and "everybody" to the kernel: never what was meant. */
function send(id: number, target: number, signal: NodeJS.Signals): void {
  if (!Number.isSafeInteger(id) || id <= 1)
    throw new Error(`refused to send ${signal} to process ${id}: only ids above 1 are sent signals`);
  try {
    process.kill(target, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function startDetached(file: string, args: readonly string[], options: DetachedOptions): Promise<ProcessRef> {
  await verifyFolder(file, options.cwd);
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: childEnvironment(options.env),
      detached: true,
      stdio: ['ignore', log, log],
    });
    // Read in the same turn as the fork: the child cannot have been reaped yet, however soon it ends.
    const ref = child.pid === undefined ? undefined : refNow(child.pid);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    if (ref === undefined) throw new Error('it has no entry in /proc');
    return ref;
  } catch (error) {
    throw notStarted(file, error);
  } finally {
    closeSync(log);
  }
}

/** The kernel answers ENOENT for a missing folder and for a missing program alike. */
async function verifyFolder(file: string, cwd: string): Promise<void> {
  const folder = await unlessMissing(stat(cwd));
  if (folder?.isDirectory()) return;
  throw notStarted(file, new Error(`its working folder ${cwd} does not exist`));
}

export function notStarted(file: string, cause: unknown): GamedayError {
  const missing = codeOf(cause) === 'ENOENT';
  return new GamedayError({
    code: missing ? 'program-missing' : 'program-not-started',
    message: missing ? `the program ${file} was not found` : `${file} could not be started`,
    hint: missing ? `Install ${file}, or put it on PATH.` : 'See the cause for what the system refused.',
    exitCode: EXIT.inconclusive,
    cause,
  });
}
