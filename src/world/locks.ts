import { spawn } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { codeOf } from './errno.ts';
import { findHolders } from './lock-holders.ts';
import type { LockOwner, Locks } from './world.ts';

/** Where the child finds our descriptor: the first number after stdin, stdout and stderr. */
const CHILD_FD = 3;
/** What `flock -n` exits with when somebody else holds the lock. */
const TAKEN = 1;
const WRITE_REFUSED: readonly string[] = ['EROFS', 'ENOSPC', 'EDQUOT', 'EIO'];

/**
 * Node has no flock of its own. util-linux's `flock` is started with our descriptor: the lock belongs to the open file
 * description that both share, so it stays ours when that child ends, and ends with us, however we end. Node opens files
 * close-on-exec, so no other child carries it on.
 */
export function createLocks(): Locks {
  return { acquire };
}

async function acquire(path: string, owner: LockOwner): ReturnType<Locks['acquire']> {
  const fd = await open(path);
  try {
    if (!(await tryLock(fd, path))) {
      const noted = readNote(fd);
      closeSync(fd);
      return { owner: noted, holders: async () => findHolders(await realpath(path)) };
    }
    // Whatever stood there is the note of somebody who is gone: the kernel gave the lock to us.
    writeNote(fd, JSON.stringify(owner));
  } catch (error) {
    closeSync(fd);
    throw error instanceof GamedayError ? error : unusable(path, error);
  }
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    // The file stays: removing it would let two processes hold "the" lock on two files of the same name.
    writeNote(fd, '');
    closeSync(fd);
  };
  return { held: { release } };
}

/** A plain number and no FileHandle: that one would be closed by the garbage collector, and the lock with it. */
async function open(path: string): Promise<number> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    // A disk that has become read-only or full must not keep anybody from restoring: the kernel locks what can be read.
    if (!WRITE_REFUSED.includes(codeOf(error) ?? '')) throw unusable(path, error);
    try {
      return openSync(path, constants.O_RDONLY);
    } catch {
      throw unusable(path, error);
    }
  }
}

async function tryLock(fd: number, path: string): Promise<boolean> {
  const { code, stderr } = await runFlock(fd);
  if (code === 0) return true;
  if (code === TAKEN) return false;
  const said = `flock ended with ${code ?? 'a signal'}: ${stderr.trim() || 'no message'}`;
  // ENOLCK and EOPNOTSUPP in flock's own words, which are the system's in the C locale.
  if (/no locks available|operation not supported|function not implemented/i.test(stderr))
    throw unsupported(path, said);
  throw unusable(path, new Error(said));
}

function runFlock(fd: number): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-n', '-x', String(CHILD_FD)], {
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', fd],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', (error) => reject(codeOf(error) === 'ENOENT' ? flockMissing(error) : error));
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

function flockMissing(cause: unknown): GamedayError {
  return new GamedayError({
    code: 'flock-missing',
    message: 'the program flock was not found, so no other session can be kept out',
    hint: 'Install util-linux (Debian, Ubuntu: apt-get install util-linux).',
    exitCode: EXIT.inconclusive,
    cause,
  });
}

function unsupported(path: string, said: string): GamedayError {
  return new GamedayError({
    code: 'lock-unsupported',
    message: `the file system that holds ${path} knows no locks, so no other session can be kept out (${said})`,
    hint: 'Set XDG_STATE_HOME to a folder on a local file system, the same one for every session on this environment.',
    exitCode: EXIT.inconclusive,
  });
}

function unusable(path: string, cause: unknown): GamedayError {
  return new GamedayError({
    code: 'lock-unusable',
    message: `the lock ${path} cannot be taken, so no other session can be kept out`,
    hint: 'Make it writable for this user, or set XDG_STATE_HOME to a folder that is, the same one for every session on this environment.',
    exitCode: EXIT.inconclusive,
    cause,
  });
}

/** The lock is the kernel's, and the note only tells others about its holder: a disk that takes no writes changes nothing. */
function writeNote(fd: number, text: string): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, text, 0, 'utf8');
  } catch (error) {
    if (![...WRITE_REFUSED, 'EBADF', 'EINVAL'].includes(codeOf(error) ?? '')) throw error;
  }
}

/** Undefined while a new holder has not written its note yet. */
function readNote(fd: number): LockOwner | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(fd, 'utf8'));
    return isOwner(note) ? note : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isOwner(note: unknown): note is LockOwner {
  if (typeof note !== 'object' || note === null) return false;
  const { pid, startTime, host, session, since }: Partial<Record<string, unknown>> = { ...note };
  return typeof pid === 'number' && [startTime, host, session, since].every((text) => typeof text === 'string');
}
