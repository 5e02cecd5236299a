import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { killGroupOf } from '../../src/world/kill-group.ts';

afterEach(() => vi.restoreAllMocks());

const start = () => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });

test('a leader is ended with its group', async () => {
  const child = start();
  const ended = once(child, 'exit');
  killGroupOf(child);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('a group that its leader has left is ended', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & exit 0'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  // The sleeper holds the pipe open: it closes when that one has ended.
  const closed = once(child, 'close');
  await once(child, 'exit');
  killGroupOf(child);
  await closed;
});

test('a group of somebody else, who has the number of a leader that has ended, is left alone', async () => {
  const other = start();
  const sent = vi.spyOn(process, 'kill');
  killGroupOf({ pid: other.pid, exitCode: 0, signalCode: null });
  killGroupOf({ pid: other.pid, exitCode: null, signalCode: 'SIGKILL' });
  expect(sent).not.toHaveBeenCalled();
  other.kill('SIGKILL');
});

test.each(['ESRCH', 'EPERM'])('a group that answers %s is no error', async (code) => {
  const child = start();
  vi.spyOn(process, 'kill').mockImplementationOnce(() => {
    throw Object.assign(new Error(code), { code });
  });
  killGroupOf(child);
  child.kill('SIGKILL');
});
