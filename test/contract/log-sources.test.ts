import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../src/core/errors.ts';
import type { LogLine, LogSource, Platform } from '../../src/core/platform.ts';
import { withLogSources } from '../../src/platforms/log-sources.ts';
import { until } from '../../src/world/await.ts';
import type { World } from '../../src/world/world.ts';
import { realHarness } from '../support/world-harness.ts';

const { PATH } = process.env;
const patiently = () => ({ everyMs: 10, signal: AbortSignal.timeout(10_000) });
const NONE: Platform = {
  id: 'none',
  inspect: async () => ({ state: 'up', detail: '' }),
  byHand: () => '',
};

/** A journal that knows `api.service`, and follows what is put into the file `feed`, with a child of its own. */
const JOURNALCTL = `#!/bin/sh
cd "$(dirname "$0")"
case "$*" in *--unit=api.service*) ;; *) [ "$1" = --follow ] && exec sleep 600; echo 'No journal files' >&2; exit 0 ;; esac
if [ "$1" != --follow ]; then echo '2026-11-20T09:00:00.000001+0000 host api[1]: started'; exit 0; fi
echo "$@" > args
sh -c 'echo $$ > part; mv part pid; exec tail -n +1 -f feed' &
wait
`;

/** Writes to both streams, then ends as docker does for a container that is stopped, or is unknown. */
const DOCKER = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/args"
env | grep -c GAMEDAY_TEST_SECRET >> "$(dirname "$0")/secrets"
[ "$5" = web ] || { echo "Error response from daemon: No such container: $5" >&2; exit 1; }
echo '2026-11-20T09:30:00.123456789Z GET / 200'
echo '2026-11-20T09:30:01.000000000Z FATAL: gone' >&2
head -c 3000000 /dev/zero | tr '\\0' x
echo
echo '2026-11-20T09:30:02.000000000Z the last'
`;

/** A log as the configuration names it, read until enough lines came or it ended. */
async function read(
  world: World,
  source: LogSource,
  options: { readonly most?: number; readonly stop?: AbortSignal } = {},
) {
  const lines: LogLine[] = [];
  const platform = withLogSources(world, NONE, { web: source });
  const signal = options.stop ?? AbortSignal.timeout(20_000);
  let why = '';
  try {
    const log = platform.logs?.({ name: 'web', platform: 'none', labels: {} }, signal);
    for await (const line of log ?? []) if (lines.push(line) === options.most) break;
  } catch (error) {
    why = messageOf(error);
  }
  return { lines, why };
}

const wall = (iso: string): number => Date.parse(iso);

describe('a log that the configuration names', { timeout: 30_000 }, () => {
  beforeEach(() => {
    process.env.GAMEDAY_TEST_SECRET = 'must not be seen';
  });
  afterEach(() => {
    process.env.PATH = PATH;
    delete process.env.GAMEDAY_TEST_SECRET;
  });

  const play = (run: (world: World, folder: string) => Promise<void>) =>
    realHarness.play(async ({ world, folder }) => {
      await world.fs.write(join(folder, 'journalctl'), JOURNALCTL, 0o755);
      await world.fs.write(join(folder, 'docker'), DOCKER, 0o755);
      process.env.PATH = `${folder}:${PATH}`;
      await run(world, folder);
    });

  test("journald's entries come with their own time, and the follower ends with its child when nobody listens", () =>
    play(async (world, folder) => {
      await world.fs.write(
        join(folder, 'feed'),
        '-- Journal begins at Mon --\n2026-11-20T10:30:00.500000+0100 host api[7]: FATAL: no database\n    at line 7\n2026-11-20T09:30:02.000000+00:00 host api[7]: back\n',
      );
      const from = world.clock.wall() / 1_000;
      const { lines, why } = await read(world, { journald: 'api.service' }, { most: 3 });
      const to = world.clock.wall() / 1_000 + 1;
      expect({ lines, why }).toEqual({
        lines: [
          { text: 'host api[7]: FATAL: no database', writtenAt: wall('2026-11-20T09:30:00.500Z'), ownClock: true },
          { text: '    at line 7', writtenAt: wall('2026-11-20T09:30:00.500Z'), ownClock: true },
          { text: 'host api[7]: back', writtenAt: wall('2026-11-20T09:30:02.000Z'), ownClock: true },
        ],
        why: '',
      });
      const args = (await world.fs.readText(join(folder, 'args'))) ?? '';
      const since = Number(/--since=@(\d+) /.exec(args)?.[1]);
      expect(args).toBe(`--follow --no-tail --since=@${since} --output=short-iso-precise --unit=api.service\n`);
      // Not a line from before the watch, however slowly it begins.
      expect(since).toBeGreaterThanOrEqual(from);
      expect(since).toBeLessThan(to);
      const child = Number(await until(world.clock, patiently(), () => world.fs.readText(join(folder, 'pid'))));
      const gone = async () => ((await world.processes.info(child)) === undefined ? true : undefined);
      expect(await until(world.clock, patiently(), gone)).toBe(true);
    }));

  test('the follower ends with its child when the watch does, and says that nobody vouched for its silence', () =>
    play(async (world, folder) => {
      await world.fs.write(join(folder, 'feed'), '');
      const stop = new AbortController();
      const exec: World['exec'] = {
        ...world.exec,
        run: async () => ({ exitCode: null, stdout: '', stderr: '', timedOut: true }),
      };
      const reading = read({ ...world, exec }, { journald: 'api.service' }, { stop: stop.signal });
      const child = Number(await until(world.clock, patiently(), () => world.fs.readText(join(folder, 'pid'))));
      stop.abort();
      expect(await reading).toEqual({
        lines: [],
        why: 'journalctl has shown nothing, and has not said whether it knows the unit api.service; see logs.nodes.web',
      });
      const gone = async () => ((await world.processes.info(child)) === undefined ? true : undefined);
      expect(await until(world.clock, patiently(), gone)).toBe(true);
    }));

  test('a unit of which journald shows nothing is not followed', () =>
    play(async (world) => {
      const { why } = await read(world, { journald: 'apu.service' });
      expect(why).toBe('journalctl shows no entry of the unit apu.service: No journal files; see logs.nodes.web');
    }));

  test('a journal that does not say in time whether it knows the unit is followed all the same', () =>
    play(async (world, folder) => {
      await world.fs.write(join(folder, 'feed'), '');
      let asked = (): void => undefined;
      const once = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const exec: World['exec'] = {
        ...world.exec,
        run: async () => {
          asked();
          return { exitCode: null, stdout: '', stderr: '', timedOut: true };
        },
      };
      const reading = read({ ...world, exec }, { journald: 'api.service' }, { most: 1 });
      await once;
      await until(world.clock, patiently(), () => world.fs.readText(join(folder, 'pid')));
      const feed = await world.fs.openAppend(join(folder, 'feed'));
      await feed.write(new TextEncoder().encode('2026-11-20T09:30:00.000000+0000 host api[7]: FATAL\n'));
      await feed.close();
      const writtenAt = wall('2026-11-20T09:30:00.000Z');
      expect(await reading).toEqual({ lines: [{ text: 'host api[7]: FATAL', writtenAt, ownClock: true }], why: '' });
    }));

  test('a container speaks on both streams, an endless line is cut, and its end is no silence', () =>
    play(async (world, folder) => {
      const { lines, why } = await read(world, { docker: 'web' });
      expect(lines.toSorted((a, b) => (a.writtenAt ?? 0) - (b.writtenAt ?? 0))).toEqual([
        { text: 'GET / 200', writtenAt: wall('2026-11-20T09:30:00.123Z') },
        { text: 'FATAL: gone', writtenAt: wall('2026-11-20T09:30:01.000Z') },
        { text: 'the last', writtenAt: wall('2026-11-20T09:30:02.000Z') },
      ]);
      expect(why).toMatch(/^docker ended with exit code 0: x{65536}; see logs\.nodes\.web$/);
      expect(await world.fs.readText(join(folder, 'args'))).toBe('logs --follow --tail=0 --timestamps web\n');
      expect(await world.fs.readText(join(folder, 'secrets'))).toBe('0\n');
    }));

  test('a container that there is not, and a program that there is not, are told', () =>
    play(async (world, folder) => {
      const unknown = 'docker ended with exit code 1: Error response from daemon: No such container: wob';
      expect((await read(world, { docker: 'wob' })).why).toBe(`${unknown}; see logs.nodes.web`);
      process.env.PATH = join(folder, 'empty');
      for (const source of [{ docker: 'web' }, { journald: 'api.service' }])
        expect((await read(world, source)).why).toMatch(/^the program (docker|journalctl) was not found/);
    }));

  test('a file gives the time with which its lines begin, if that has a zone; one that is not there is told', () =>
    play(async (world, folder) => {
      const path = join(folder, 'web.log');
      await world.fs.write(path, 'before\n');
      const stop = new AbortController();
      const platform = withLogSources(world, NONE, { web: { file: path } });
      const lines: LogLine[] = [];
      const log = platform.logs?.({ name: 'web', platform: 'none', labels: {} }, stop.signal);
      const reading = (async () => {
        for await (const line of log ?? []) if (lines.push(line) === 2) break;
      })();
      // Whatever the follower has seen of the file by now: it grows until two lines were read.
      const texts = '2026-11-20 09:30:00,25Z FATAL\n2026-11-20 09:30:00 nobody knows where\n';
      const file = await world.fs.openAppend(path);
      const grown = async () => {
        if (lines.length === 0) await file.write(new TextEncoder().encode(texts));
        return lines.length >= 2 ? true : undefined;
      };
      await until(world.clock, { everyMs: 300, signal: AbortSignal.timeout(10_000) }, grown);
      await reading;
      await file.close();
      expect(lines).toEqual([
        { text: '2026-11-20 09:30:00,25Z FATAL', writtenAt: wall('2026-11-20T09:30:00.250Z') },
        { text: '2026-11-20 09:30:00 nobody knows where' },
      ]);
      const missing = await read(world, { file: join(folder, 'wob.log') });
      expect(missing.why).toBe(`there is no file ${join(folder, 'wob.log')}; see logs.nodes.web`);
    }));

  test('a node of which it says nothing is left to the platform, and told where that has no logs', async () => {
    await realHarness.play(async ({ world }) => {
      const platform = withLogSources(world, NONE, { web: { file: '/tmp/x' } });
      const ask = () => platform.logs?.({ name: 'db', platform: 'none', labels: {} }, AbortSignal.timeout(1_000));
      expect(ask).toThrow('platform none cannot read logs: say where this one is under logs.nodes.db');
      expect(withLogSources(world, NONE, {})).toBe(NONE);
    });
  });
});
