// No package starts a service or makes a database cluster while it is installed: what is put on the machine for that, and taken away again.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './steps.mjs';

const CLUSTERS = '/etc/postgresql-common/createcluster.d';

/** The files: what stands before and after the mark, and the folder that may have been made for one. */
const FILES = [
  { path: '/usr/sbin/policy-rc.d', mode: '755', before: '#!/bin/sh\n', after: 'exit 101\n' },
  {
    path: join(CLUSTERS, 'gameday.conf'),
    mode: '644',
    before: '',
    after: 'create_main_cluster = false\n',
    folder: CLUSTERS,
  },
];

const MARK = '# gameday set-up';

/** Says whose the file is, and which process will take it away. */
export function markOf(pid) {
  return `${MARK} (process ${pid}): no service is started while its packages are installed`;
}

/** Whose file that is: the machine's own, which is kept; that of a set-up that still runs; or what a killed one left. */
export function ownerOf(text, isAlive) {
  if (!text.includes(MARK)) return 'machine';
  const pid = /\(process (\d+)\)/.exec(text)?.[1];
  return pid !== undefined && isAlive(pid) ? 'set-up' : 'nobody';
}

function lives(pid) {
  return existsSync(`/proc/${pid}`);
}

/** Whose the file is that stands there; undefined where none does. */
function whose({ path }, isAlive) {
  return existsSync(path) ? ownerOf(readFileSync(path, 'utf8'), isAlive) : undefined;
}

/**
 * Those of the files that a killed set-up left. To be asked at each set-up, also where no package is missing: the one that
 * was killed may have installed them all.
 */
export function leftBehind(files = FILES, isAlive = lives) {
  return files.filter((file) => whose(file, isAlive) === 'nobody');
}

/** Removes these files. One that stays is said, with the command: with it no service of any package would start here. */
export async function takeAway(sudo, files) {
  for (const { path, folder } of files) {
    await run(...sudo('rm', '-f', path), { any: true });
    if (folder !== undefined) await run(...sudo('rmdir', '--ignore-fail-on-non-empty', folder), { any: true });
  }
  const still = files.filter(({ path }) => existsSync(path));
  if (still.length > 0) process.stderr.write(stayText(still));
}

/** What a person has to do about files that could not be removed. */
export function stayText(files) {
  const paths = files.map(({ path }) => path);
  return `warning: the set-up left ${paths.join(' and ')}, which keeps packages from starting their services; by hand, as root: rm ${paths.join(' ')}\n`;
}

/** Runs the installation with these files in place. The machine's own are kept and rule, and so are those of a set-up that runs beside us. */
export async function quietly(sudo, install, files = FILES) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-setup-'));
  const placed = [];
  try {
    for (const file of files) {
      if (['machine', 'set-up'].includes(whose(file, lives))) continue;
      const source = join(folder, 'file');
      writeFileSync(source, `${file.before}${markOf(process.pid)}\n${file.after}`);
      // Before it is there: what is interrupted may have put it.
      placed.push(file);
      await run(...sudo('install', '-D', '-m', file.mode, source, file.path));
    }
    await install();
  } finally {
    await takeAway(sudo, placed);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Disables these units for the next boot. The machine's own policy may have let them start: where systemd runs they are stopped too. */
export async function disable(sudo, units) {
  const now = existsSync('/run/systemd/system') ? ['--now'] : [];
  const { code, output } = await run(...sudo('systemctl', 'disable', '--quiet', ...now, ...units), { any: true });
  if (code === 0) return;
  process.stderr.write(
    `${output.trimEnd()}\nwarning: these units may run, or start at the next boot; by hand, as root: systemctl disable --now ${units.join(' ')}\n`,
  );
}
