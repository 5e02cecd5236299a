import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withDeadline } from './await.ts';
import { childEnvironment } from './environment.ts';
import { unlessMissing } from './errno.ts';
import { follow } from './exec-follow.ts';
import { killGroupOf } from './kill-group.ts';
import { COMMAND_MARK, endMarked } from './marked.ts';
import { notStarted, refNow } from './processes.ts';
import type { Clock, Exec, ExecOptions, ExecResult } from './world.ts';

const MAX_OUTPUT_CHARACTERS = 64 * 1024 * 1024;
/** What cannot be ended may hold our pipes open: they are closed after this time. */
const PIPE_GRACE_MS = 500;
/** A look through all processes takes milliseconds; one that hangs must not keep whoever has to undo. */
const SWEEP_MS = 2_000;

export function createExec(clock: Clock): Exec {
  return {
    load,
    run: (file, args, options) => run(clock, file, args, options),
    follow: (file, args, options) => follow(clock, file, args, options),
    find,
  };
}

async function load(): Promise<void> {
  await import('execa');
}

async function run(clock: Clock, file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { execa } = await import('execa');
  if (options.signal?.aborted) return { exitCode: null, stdout: '', stderr: '', timedOut: true };
  const mark = randomUUID();
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...childEnvironment(options.env), [COMMAND_MARK]: mark },
    extendEnv: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    // A session and group of its own: the kill below reaches at once what the command has started and what has not left it.
    detached: true,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: MAX_OUTPUT_CHARACTERS,
  });
  const ref = child.pid === undefined ? undefined : refNow(child.pid);
  if (ref !== undefined) options.onSpawn?.(ref);

  const limit = clock.deadline(options.timeoutMs, options.signal);
  const closing = new AbortController();
  let swept: Promise<void> | undefined;
  const end = (): void => {
    killGroupOf(child);
    swept = sweep(clock, mark);
    void clock.sleep(PIPE_GRACE_MS, closing.signal).then(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  };
  limit.signal.addEventListener('abort', end, { once: true });
  if (limit.signal.aborted) end();
  const result = await child.finally(() => {
    limit.signal.removeEventListener('abort', end);
    limit.cancel();
    closing.abort();
  });
  await swept;
  if (child.pid === undefined) throw notStarted(file, result.cause ?? result);
  if (result.isMaxBuffer) {
    killGroupOf(child);
    await sweep(clock, mark);
    throw new Error(
      `${file} wrote more than ${MAX_OUTPUT_CHARACTERS} characters: its output was cut and cannot be trusted`,
    );
  }
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    timedOut: swept !== undefined,
  };
}

/** What has left the group of a command that we have ended goes too. What cannot be found is no reason to wait longer. */
async function sweep(clock: Clock, mark: string): Promise<void> {
  await withDeadline(clock, SWEEP_MS, undefined, (signal) => endMarked(mark, signal)).catch(() => undefined);
}

async function find(program: string, extraFolders: readonly string[] = []): Promise<string | undefined> {
  if (program.includes('/')) return (await isProgram(program)) ? program : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...extraFolders].filter((folder) => folder !== '');
  for (const folder of folders) {
    const path = join(folder, program);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  const entry = await unlessMissing(stat(path), ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP']);
  if (entry === undefined || !entry.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
