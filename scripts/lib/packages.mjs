// The servers of the lab: what must be there, and how Debian and Ubuntu get it without starting a service.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from './find.mjs';
import {
  disable,
  enabledText,
  enabledUnits,
  isServer,
  leftBehind,
  quietly,
  stayText,
  takeAway,
} from './no-services.mjs';
import { run, StepFailed, step } from './steps.mjs';

/** What the lab runs. `packages` are Debian's; PG stands for the newest Postgres that pg_auto_failover is packaged for. */
const SERVERS = [
  {
    what: 'PostgreSQL with pg_auto_failover',
    there: hasPostgres,
    packages: ['postgresql-PG', 'postgresql-PG-auto-failover', 'pg-auto-failover-cli'],
    from: 'https://github.com/hapostgres/pg_auto_failover',
  },
  {
    what: 'Redis and Redis Sentinel',
    there: () => has('redis-server') && has('redis-sentinel'),
    packages: ['redis-server', 'redis-sentinel'],
    from: 'https://redis.io',
  },
  { what: 'HAProxy', there: () => has('haproxy'), packages: ['haproxy'], from: 'https://www.haproxy.org' },
  { what: 'RabbitMQ with Erlang', there: hasRabbit, packages: ['rabbitmq-server'], from: 'https://www.rabbitmq.com' },
  { what: 'Prometheus', there: () => has('prometheus'), packages: ['prometheus'], from: 'https://prometheus.io' },
  {
    what: 'Alertmanager',
    there: () => has('prometheus-alertmanager', 'alertmanager'),
    packages: ['prometheus-alertmanager'],
    from: 'https://prometheus.io',
  },
  {
    what: 'the Redis exporter',
    there: () => has('prometheus-redis-exporter', 'redis_exporter'),
    packages: ['prometheus-redis-exporter'],
    from: 'https://github.com/oliver006/redis_exporter',
  },
  {
    what: 'the Postgres exporter',
    there: () => has('prometheus-postgres-exporter', 'postgres_exporter'),
    packages: ['prometheus-postgres-exporter'],
    from: 'https://github.com/prometheus-community/postgres_exporter',
  },
  {
    what: 'setpriv and flock of util-linux',
    there: () => has('setpriv') && has('flock'),
    packages: ['util-linux'],
    from: 'https://github.com/util-linux/util-linux',
  },
];

// The braces are dpkg's own.
const DPKG_FORMAT = ['$', '{db:Status-Abbrev} ', '$', '{Package}\\n'].join('');

function has(...names) {
  return findProgram(names) !== undefined;
}

function hasPostgres() {
  return has('pg_autoctl') && postgresFolders('/usr/lib/postgresql', findProgram(['postgres'])).some(isWhole);
}

/** Where a Postgres may stand: Debian's versions, and the one on PATH. The lab looks at the same (src/lab/tools.ts). */
export function postgresFolders(base, onPath) {
  const versions = existsSync(base) ? readdirSync(base).filter((name) => /^\d+$/.test(name)) : [];
  const folders = versions.map((version) => join(base, version));
  return onPath === undefined ? folders : [...folders, dirname(dirname(realpathSync(onPath)))];
}

/** True where the extension is there, and what makes a database. */
export function isWhole(folder) {
  return existsSync(join(folder, 'lib', 'pgautofailover.so')) && existsSync(join(folder, 'bin', 'initdb'));
}

function hasRabbit() {
  return findProgram(['rabbitmq-server'], ['/usr/lib/rabbitmq/bin']) !== undefined && has('epmd');
}

/** Installs what is missing. Rejects with StepFailed (exit 2) where it cannot. */
export async function installServers() {
  await clearLeftovers();
  const missing = SERVERS.filter((server) => !server.there());
  if (missing.length === 0) return;
  if (!has('apt-get')) throw new StepFailed(byHandText(missing), '', 2);
  const sudo = await privileges(missing);
  await step('package lists', async () => {
    await run(...sudo('apt-get', 'update'));
  });
  const packages = await names(missing);
  const before = await installed();
  await step(`packages ${packages.join(' ')}`, async () => {
    try {
      await quietly(sudo, () =>
        run(
          ...sudo(
            'env',
            'DEBIAN_FRONTEND=noninteractive',
            'RUNLEVEL=1',
            'apt-get',
            'install',
            '-y',
            '--no-install-recommends',
            ...packages,
          ),
          {
            say: (seconds) => process.stderr.write(`  still installing after ${seconds}s\n`),
          },
        ),
      );
    } finally {
      // Also where only some packages came in.
      await disableServices(sudo, before);
    }
  });
  const still = SERVERS.filter((server) => !server.there());
  if (still.length > 0) throw new StepFailed(byHandText(still), '', 2);
}

/** Takes away what an earlier set-up left that was killed, or says how, where that needs somebody's password. */
async function clearLeftovers() {
  const left = leftBehind();
  if (left.length === 0) return;
  const sudo = await withoutPassword();
  if (sudo === undefined) process.stderr.write(stayText(left));
  else await takeAway(sudo, left);
  const units = enabledUnits();
  if (units.length > 0) process.stderr.write(enabledText(units));
}

/** How a program is run as root where nobody has to be asked; undefined where somebody has. */
async function withoutPassword() {
  if (process.getuid?.() === 0) return (file, ...args) => [file, args];
  const silent = has('sudo') && (await run('sudo', ['-n', 'true'], { any: true })).code === 0;
  return silent ? bySudo : undefined;
}

function bySudo(file, ...args) {
  return ['sudo', ['-n', file, ...args]];
}

/** How a program is run as root. */
async function privileges(missing) {
  const sudo = await withoutPassword();
  if (sudo !== undefined) return sudo;
  if (has('sudo') && process.stdin.isTTY) {
    process.stderr.write('sudo is needed to install packages\n');
    await run('sudo', ['-v'], { show: true, input: 'inherit' });
    return bySudo;
  }
  const packages = (await names(missing)).join(' ');
  throw new StepFailed(
    `packages are missing, and they cannot be installed without root or sudo. By hand:\n  apt-get update && apt-get install --no-install-recommends ${packages}`,
    '',
    2,
  );
}

async function names(servers) {
  const version = await newestPostgres();
  return servers.flatMap((server) => server.packages).map((name) => name.replace('PG', version));
}

async function newestPostgres() {
  const { output } = await run('apt-cache', ['pkgnames', 'postgresql-'], { any: true });
  const all = new Set(output.split('\n'));
  const versions = [...all]
    .map((name) => /^postgresql-(\d+)-auto-failover$/.exec(name)?.[1])
    .filter((one) => one !== undefined && all.has(`postgresql-${one}`));
  return versions.sort((a, b) => Number(b) - Number(a))[0] ?? '15';
}

async function installed() {
  const { output } = await run('dpkg-query', ['-W', '--showformat', DPKG_FORMAT], { any: true });
  return new Set(output.split('\n').flatMap((line) => (line.startsWith('ii') ? [line.slice(3).trim()] : [])));
}

/** Packages enable their units for the next boot whatever policy-rc.d says. Only those that came just now are touched. */
async function disableServices(sudo, before) {
  if (!has('systemctl')) return;
  const fresh = [...(await installed())].filter((name) => !before.has(name));
  if (fresh.length === 0) return;
  const { output } = await run('dpkg', ['-L', ...fresh], { any: true });
  const units = [
    ...new Set(
      output
        .split('\n')
        .map((path) => /\/systemd\/system\/([^/]+)$/.exec(path)?.[1])
        .filter((one) => one !== undefined && isServer(one)),
    ),
  ];
  if (units.length === 0) return;
  await disable(sudo, units);
}

function byHandText(missing) {
  const lines = missing.map(
    ({ what, packages, from }) => `  ${what}: Debian packages ${packages.join(' ').replaceAll('PG', '15')}, or ${from}`,
  );
  return `these are missing, and only Debian and Ubuntu are set up by this script:\n${lines.join('\n')}\nPut their programs on PATH and run this again.`;
}
