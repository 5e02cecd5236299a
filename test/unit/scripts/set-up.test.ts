import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** The scripts are plain JavaScript that runs before anything is installed. */
async function load<T>(name: string): Promise<T> {
  return (await import(new URL(`../../../scripts/lib/${name}`, import.meta.url).href)) as T;
}

const { cacheHome, buildVariables } = await load<{
  readonly cacheHome: (env: Record<string, string>, home: string) => string;
  readonly buildVariables: (work: string, flags: string) => Record<string, string>;
}>('minio.mjs');
const { postgresFolders, isWhole } = await load<{
  readonly postgresFolders: (base: string, onPath: string | undefined) => readonly string[];
  readonly isWhole: (folder: string) => boolean;
}>('packages.mjs');
interface Placed {
  readonly path: string;
  readonly mode: string;
  readonly before: string;
  readonly after: string;
  readonly folder?: string;
  readonly unmarked?: string;
}

const { markOf, processOf, ownerOf, leftBehind, stayText, quietly, enabledUnits, enabledText } = await load<{
  readonly markOf: (who: string | undefined) => string;
  readonly processOf: (pid: number) => string | undefined;
  readonly ownerOf: (text: string, unmarked?: string) => string;
  readonly leftBehind: (files: readonly Placed[]) => readonly Placed[];
  readonly enabledUnits: (base: string) => readonly string[];
  readonly enabledText: (units: readonly string[]) => string;
  readonly stayText: (files: readonly Placed[]) => string;
  readonly quietly: (
    sudo: (file: string, ...args: readonly string[]) => readonly [string, readonly string[]],
    install: () => Promise<void>,
    files: readonly Placed[],
  ) => Promise<void>;
}>('no-services.mjs');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-scripts-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, text = ''): Promise<string> {
  const whole = join(folder, path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, text, { mode: 0o755 });
  return whole;
}

describe('MinIO', () => {
  test.each([
    [{ XDG_CACHE_HOME: '/var/cache/me' }, '/var/cache/me'],
    [{ XDG_CACHE_HOME: 'cache' }, '/home/me/.cache'],
    [{ XDG_CACHE_HOME: '' }, '/home/me/.cache'],
    [{}, '/home/me/.cache'],
  ])('with %j is cached below %s', (env: Record<string, string>, expected) => {
    expect(cacheHome(env, '/home/me')).toBe(expected);
  });

  test('is built by whatever Go it wants, also where the system keeps Go to its own', () => {
    expect({ GOTOOLCHAIN: 'local', ...buildVariables('/w', '-mod=mod') }).toMatchObject({
      GOTOOLCHAIN: 'auto',
      GOFLAGS: '-mod=mod -modcacherw',
      GOBIN: '/w/bin',
    });
  });
});

describe('Postgres', () => {
  test('counts below Debian’s folder and on PATH, where the extension is there too', async () => {
    const base = join(folder, 'lib-postgresql');
    await put('lib-postgresql/15/lib/pgautofailover.so');
    await put('lib-postgresql/15/bin/initdb');
    await put('lib-postgresql/16/bin/initdb');
    await put('lib-postgresql/common/bin/initdb');
    const server = await put('pgsql/bin/postgres');
    await put('pgsql/bin/initdb');
    await put('pgsql/lib/pgautofailover.so');
    await put('bin/other');
    const link = join(folder, 'bin/postgres');
    await symlink(server, link);
    const folders = postgresFolders(base, link);
    expect(folders).toEqual([join(base, '15'), join(base, '16'), join(folder, 'pgsql')]);
    expect(folders.filter(isWhole)).toEqual([join(base, '15'), join(folder, 'pgsql')]);
    expect(postgresFolders(join(folder, 'none'), undefined)).toEqual([]);
  });
});

describe('what keeps packages from starting services', () => {
  test('is the machine’s own, that of a set-up that runs, or what a killed one left', () => {
    const text = (who: string | undefined) => `#!/bin/sh\n${markOf(who)}\nexit 101\n`;
    const us = processOf(process.pid) ?? '';
    expect(ownerOf('#!/bin/sh\nexit 101\n')).toBe('machine');
    expect(ownerOf(text(us))).toBe('set-up');
    // The pid lives, and is another's by now: it began at another time, or after another boot.
    expect(us).toMatch(/^\d+ of \d+, [0-9a-f-]{36}$/);
    expect(ownerOf(text(us.replace(/ of \d+/, ' of 1')))).toBe('nobody');
    expect(ownerOf(text(us.replace(/, .*/, ', 0')))).toBe('nobody');
    expect(processOf(2 ** 30)).toBeUndefined();
    // As earlier versions wrote it.
    expect(ownerOf(`#!/bin/sh\n# gameday set-up (process ${process.pid}): no service\nexit 101\n`)).toBe('nobody');
    expect(ownerOf('#!/bin/sh\n# gameday set-up: no service is started\nexit 101\n')).toBe('nobody');
  });

  test('is also what an earlier version left without a mark, in the file that is named after us', async () => {
    const unmarked = 'create_main_cluster = false\n';
    const left = { ...file(await put('gameday.conf', unmarked)), unmarked };
    const changed = { ...file(await put('own/gameday.conf', `${unmarked}start_conf = manual\n`)), unmarked };
    expect(leftBehind([left, changed])).toEqual([left]);
  });

  test('is the machine’s own where it cannot be read', async () => {
    const unreadable = file(join(folder, 'policy-rc.d'));
    await mkdir(unreadable.path);
    expect(leftBehind([unreadable])).toEqual([]);
    const done: string[] = [];
    await quietly(asIs, async () => void done.push('installed'), [unreadable]);
    expect([...done, existsSync(unreadable.path)]).toEqual(['installed', true]);
  });

  test('leaves units that were enabled meanwhile: they are named, and their user decides', async () => {
    const wants = 'multi-user.target.wants';
    for (const unit of ['redis-server.service', 'postgresql@15-main.service', 'ssh.service'])
      await put(`${wants}/${unit}`);
    await put('sockets.target.wants/epmd.socket');
    await put('haproxy.service');
    expect(enabledUnits(folder)).toEqual(['epmd.socket', 'redis-server.service']);
    expect(enabledUnits(join(folder, 'none'))).toEqual([]);
    expect(enabledText(['a.service', 'b.socket'])).toContain('as root: systemctl disable --now a.service b.socket');
  });

  const file = (path: string): Placed => ({ path, mode: '755', before: '#!/bin/sh\n', after: 'exit 101\n' });
  const asIs = (program: string, ...args: readonly string[]) => [program, args] as const;

  test('is found again where a killed set-up left it, and only there', async () => {
    const left = file(await put('policy-rc.d', `#!/bin/sh\n${markOf('1 of 0, x')}\nexit 101\n`));
    const own = file(await put('own/policy-rc.d', '#!/bin/sh\nexit 0\n'));
    const files = [left, own, file(join(folder, 'none'))];
    expect(leftBehind(files)).toEqual([left]);
    expect(stayText([left])).toContain(`by hand, as root: rm ${left.path}`);
  });

  test.each(['ends well', 'fails'])(
    'stands there while packages are installed, and is gone when that %s',
    async (how) => {
      const own = await put('own/policy-rc.d', '#!/bin/sh\nexit 0\n');
      const made = join(folder, 'made/policy-rc.d');
      const left = await put('left/policy-rc.d', '#!/bin/sh\n# gameday set-up: no service is started\nexit 101\n');
      const text = `#!/bin/sh\n${markOf(processOf(process.pid))}\nexit 101\n`;
      const work = quietly(asIs, async () => {
        expect(await readFile(made, 'utf8')).toBe(text);
        expect(await readFile(left, 'utf8')).toBe(text);
        expect(await readFile(own, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
        if (how === 'fails') throw new Error('interrupted');
      }, [file(own), { ...file(made), folder: dirname(made) }, file(left)]);
      await (how === 'fails' ? expect(work).rejects.toThrow('interrupted') : work);
      expect(existsSync(dirname(made))).toBe(false);
      expect(existsSync(left)).toBe(false);
      expect(await readFile(own, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    },
  );
});
