import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** The scripts are plain JavaScript that runs before anything is installed. */
async function load<T>(name: string): Promise<T> {
  return (await import(new URL(`../../../scripts/lib/${name}`, import.meta.url).href)) as T;
}

type IsAlive = (pid: string) => boolean;

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
}

const { markOf, ownerOf, leftBehind, stayText, quietly } = await load<{
  readonly markOf: (pid: number) => string;
  readonly ownerOf: (text: string, isAlive: IsAlive) => string;
  readonly leftBehind: (files: readonly Placed[], isAlive: IsAlive) => readonly Placed[];
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
    const ours = `#!/bin/sh\n${markOf(4711)}\nexit 101\n`;
    expect(ownerOf('#!/bin/sh\nexit 101\n', () => false)).toBe('machine');
    expect(ownerOf(ours, (pid) => pid === '4711')).toBe('set-up');
    expect(ownerOf(ours, () => false)).toBe('nobody');
    // As earlier versions wrote it.
    expect(ownerOf('#!/bin/sh\n# gameday set-up: no service is started\nexit 101\n', () => true)).toBe('nobody');
  });

  const file = (path: string): Placed => ({ path, mode: '755', before: '#!/bin/sh\n', after: 'exit 101\n' });
  const asIs = (program: string, ...args: readonly string[]) => [program, args] as const;

  test('is found again where a killed set-up left it, and only there', async () => {
    const left = file(await put('policy-rc.d', `#!/bin/sh\n${markOf(1)}\nexit 101\n`));
    const own = file(await put('own/policy-rc.d', '#!/bin/sh\nexit 0\n'));
    const files = [left, own, file(join(folder, 'none'))];
    expect(leftBehind(files, () => false)).toEqual([left]);
    expect(leftBehind(files, () => true)).toEqual([]);
    expect(stayText([left])).toContain(`by hand, as root: rm ${left.path}`);
  });

  test.each(['ends well', 'fails'])(
    'stands there while packages are installed, and is gone when that %s',
    async (how) => {
      const own = await put('own/policy-rc.d', '#!/bin/sh\nexit 0\n');
      const made = join(folder, 'made/policy-rc.d');
      const left = await put('left/policy-rc.d', '#!/bin/sh\n# gameday set-up: no service is started\nexit 101\n');
      const text = `#!/bin/sh\n${markOf(process.pid)}\nexit 101\n`;
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
