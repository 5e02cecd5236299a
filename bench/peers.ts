import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, LOADS, type Pace } from './contender.ts';

const CLOCK_TICKS_PER_SECOND = 100;

/** Other probers, where they are installed: on PATH or in the user's cache. Says which are not. */
export async function peers(alone: readonly string[], folder: string): Promise<readonly Contender[]> {
  const [vegeta, blackbox] = await Promise.all([
    find('vegeta'),
    find('blackbox_exporter', 'prometheus-blackbox-exporter'),
  ]);
  if (vegeta === undefined) process.stdout.write('vegeta: not installed\n');
  if (blackbox === undefined) process.stdout.write('blackbox_exporter: not installed\n');
  return [
    ...(vegeta === undefined ? [] : (['fresh', 'kept'] as const).map((one) => vegetaContender(vegeta, alone, one))),
    ...(blackbox === undefined ? [] : [blackboxContender(blackbox, alone, folder)]),
  ];
}

async function find(...names: readonly string[]): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    join(homedir(), '.cache/gameday'),
    join(homedir(), 'go/bin'),
  ];
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

function vegetaContender(program: string, alone: readonly string[], connection: 'fresh' | 'kept'): Contender {
  const { probes, intervalMs } = LOADS[connection];
  return {
    name: `vegeta, ${connection}`,
    connection,
    async run(url, seconds, folder): Promise<Pace> {
      const targets = join(folder, 'targets.txt');
      const output = join(folder, 'vegeta.bin');
      await writeFile(targets, `GET ${url}\n`);
      const attack = [
        'attack',
        `-rate=${(probes * 1_000) / intervalMs}/1s`,
        `-duration=${seconds}s`,
        `-targets=${targets}`,
      ];
      const cpuMs = await timed([
        ...alone,
        program,
        ...attack,
        `-keepalive=${connection === 'kept'}`,
        `-output=${output}`,
      ]);
      const { stdout } = await run([program, 'report', '-type=json', output]);
      const { requests, duration }: { requests: number; duration: number } = JSON.parse(stdout);
      return { perSecond: requests / (duration / 1e9), cpuUs: (cpuMs / requests) * 1_000 };
    },
  };
}

/** Probes over HTTP on demand, each on a fresh connection; asked by as many callers as keep it busy. */
function blackboxContender(program: string, alone: readonly string[], folder: string): Contender {
  return {
    name: 'blackbox_exporter, fresh',
    connection: 'fresh',
    async run(url, seconds): Promise<Pace> {
      const config = join(folder, 'blackbox.yml');
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      await writeFile(config, 'modules: { http_2xx: { prober: http } }\n');
      const args = [
        ...alone,
        program,
        `--config.file=${config}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ];
      const child = spawn(args[0] ?? '', args.slice(1), { stdio: 'ignore' });
      const agent = new Agent({ keepAlive: true });
      try {
        const probe = `http://127.0.0.1:${port}/probe?module=http_2xx&target=${encodeURIComponent(url)}`;
        while (!(await answers(probe, agent))) await sleep(50);
        const before = await cpuMsOf(child.pid ?? 0);
        const end = performance.now() + seconds * 1_000;
        const counts = await Promise.all(
          Array.from({ length: 32 }, async () => {
            let count = 0;
            while (performance.now() < end) if (await answers(probe, agent)) count += 1;
            return count;
          }),
        );
        const probes = counts.reduce((sum, one) => sum + one, 0);
        const cpuMs = (await cpuMsOf(child.pid ?? 0)) - before;
        return { perSecond: probes / seconds, cpuUs: (cpuMs / probes) * 1_000 };
      } finally {
        agent.destroy();
        child.kill('SIGKILL');
        await once(child, 'close');
      }
    },
  };
}

function answers(url: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / CLOCK_TICKS_PER_SECOND;
}

/** Runs a command. Resolves to the processor time that it took, in ms, as the shell counts it. */
async function timed(command: readonly string[]): Promise<number> {
  const { stdout } = await run(['bash', '-c', '"$@" >&2; times', 'bash', ...command]);
  const times = (stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g);
  return [...times].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000, 0);
}

async function run(command: readonly string[]): Promise<{ readonly stdout: string }> {
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return { stdout };
}
