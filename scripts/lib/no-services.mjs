// No package starts a service or makes a database cluster while it is installed: what is put on the machine for that, and taken away again.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './steps.mjs';

const CLUSTERS = '/etc/postgresql-common/createcluster.d';

/** The files: what stands before and after the mark, the folder that may have been made for one, and what an earlier version wrote without a mark. */
const FILES = [
  { path: '/usr/sbin/policy-rc.d', mode: '755', before: '#!/bin/sh\n', after: 'exit 101\n' },
  {
    path: join(CLUSTERS, 'gameday.conf'),
    mode: '644',
    before: '',
    after: 'create_main_cluster = false\n',
    folder: CLUSTERS,
    unmarked: 'create_main_cluster = false\n',
  },
];

const MARK = '# gameday set-up';

/** Says whose the file is, and which process will take it away. */
export function markOf(who) {
  return `${MARK} (process ${who}): no service is started while its packages are installed`;
}

/**
 * A process by its id, when it began and the boot of the machine: the id alone is soon another's. Undefined where there is
 * none. A container that keeps its files and not its processes has the boot of its host, and another beginning.
 */
export function processOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold blanks and brackets; field 22 counts from the one after it, which is the third.
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid} of ${began}, ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    // No such process.
    return undefined;
  }
}

/** Whose file that is: the machine's own, which is kept; that of a set-up that still runs; or what a killed one left. */
export function ownerOf(text, unmarked) {
  if (text === unmarked) return 'nobody';
  if (!text.includes(MARK)) return 'machine';
  const who = /\(process ((\d+) [^)]*)\)/.exec(text);
  return who !== null && processOf(who[2]) === who[1] ? 'set-up' : 'nobody';
}

/** Whose the file is that stands there; undefined where none does. */
function whose({ path, unmarked }) {
  if (!existsSync(path)) return undefined;
  try {
    return ownerOf(readFileSync(path, 'utf8'), unmarked);
  } catch {
    // Ours may be read by everybody.
    return 'machine';
  }
}

/**
 * Those of the files that a killed set-up left. To be asked at each set-up, also where no package is missing: the one that
 * was killed may have installed them all.
 */
export function leftBehind(files = FILES) {
  return files.filter((file) => whose(file) === 'nobody');
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
      if (['machine', 'set-up'].includes(whose(file))) continue;
      const source = join(folder, 'file');
      writeFileSync(source, `${file.before}${markOf(processOf(process.pid))}\n${file.after}`);
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

/** Whether a unit is one of the lab's servers; templates (`name@`) are none. */
export function isServer(unit) {
  return /^[^@]*(postgres|redis|haproxy|rabbitmq|epmd|prometheus)[^@]*\.(service|timer|socket)$/.test(unit);
}

/** Units of the lab's servers that start at the next boot. */
export function enabledUnits(base = '/etc/systemd/system') {
  const folders = namesIn(base).filter((name) => name.endsWith('.wants'));
  return [...new Set(folders.flatMap((name) => namesIn(join(base, name)).filter(isServer)))].sort();
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or not for us: a warning is not worth an error.
    return [];
  }
}

/** What a person has to know of units that may have come with a set-up that was killed, or may be in use: only they can tell. */
export function enabledText(units) {
  return `warning: a set-up was killed here, and these units start at the next boot; if you do not use them, as root: systemctl disable --now ${units.join(' ')}\n`;
}
