// The servers of the lab: what must be there, and how Debian and Ubuntu get it without starting a service.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from './find.mjs';
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
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# gameday set-up: no service is started while its packages are installed';
const NO_CLUSTER = '/etc/postgresql-common/createcluster.d/gameday.conf';

function has(...names) {
  return findProgram(names) !== undefined;
}

function hasPostgres() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base) : [];
  return (
    has('pg_autoctl') &&
    versions.some(
      (version) =>
        existsSync(join(base, version, 'lib', 'pgautofailover.so')) && existsSync(join(base, version, 'bin', 'initdb')),
    )
  );
}

function hasRabbit() {
  return findProgram(['rabbitmq-server'], ['/usr/lib/rabbitmq/bin']) !== undefined && has('epmd');
}

/** Installs what is missing. Rejects with StepFailed (exit 2) where it cannot. */
export async function installServers() {
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
    await disableServices(sudo, before);
  });
  const still = SERVERS.filter((server) => !server.there());
  if (still.length > 0) throw new StepFailed(byHandText(still), '', 2);
}

/** How a program is run as root. */
async function privileges(missing) {
  if (process.getuid?.() === 0) return (file, ...args) => [file, args];
  if (has('sudo')) {
    const silent = await run('sudo', ['-n', 'true'], { any: true });
    if (silent.code === 0) return (file, ...args) => ['sudo', ['-n', file, ...args]];
    if (process.stdin.isTTY) {
      process.stderr.write('sudo is needed to install packages\n');
      await run('sudo', ['-v'], { show: true, input: 'inherit' });
      return (file, ...args) => ['sudo', ['-n', file, ...args]];
    }
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

/** Runs the installation so that no package starts a service or makes a database cluster. What is put there for it goes away again. */
async function quietly(sudo, install) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-setup-'));
  const placed = [];
  const place = async (target, text, mode) => {
    const source = join(folder, 'file');
    writeFileSync(source, text);
    await run(...sudo('install', '-D', '-m', mode, source, target));
    placed.push(target);
  };
  try {
    // One of ours that an interrupted set-up left is replaced, and then removed.
    if (!existsSync(POLICY) || readFileSync(POLICY, 'utf8').includes(POLICY_MARK))
      await place(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, '755');
    await place(NO_CLUSTER, 'create_main_cluster = false\n', '644');
    await install();
  } finally {
    for (const target of placed) await run(...sudo('rm', '-f', target), { any: true });
    await run(...sudo('rmdir', '--ignore-fail-on-non-empty', dirname(NO_CLUSTER)), { any: true });
    rmSync(folder, { recursive: true, force: true });
  }
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
        .map((path) => /\/systemd\/system\/([^/@]+\.(?:service|timer|socket))$/.exec(path)?.[1])
        .filter((one) => one !== undefined),
    ),
  ];
  const ours = units.filter((unit) => /postgres|redis|haproxy|rabbitmq|epmd|prometheus/.test(unit));
  if (ours.length === 0) return;
  const { code, output: said } = await run(...sudo('systemctl', 'disable', '--quiet', ...ours), { any: true });
  if (code !== 0) {
    process.stderr.write(
      `${said.trimEnd()}\nwarning: these units may start at the next boot; by hand: systemctl disable ${ours.join(' ')}\n`,
    );
  }
}

function byHandText(missing) {
  const lines = missing.map(
    ({ what, packages, from }) => `  ${what}: Debian packages ${packages.join(' ').replaceAll('PG', '15')}, or ${from}`,
  );
  return `these are missing, and only Debian and Ubuntu are set up by this script:\n${lines.join('\n')}\nPut their programs on PATH and run this again.`;
}
