import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import '../../src/cli/colour.ts';
import { runOn } from '../../src/cli/commands/run.ts';
import { describeError } from '../../src/cli/errors.ts';
import { openSecrets } from '../../src/cli/secrets.ts';
import type { Stack } from '../../src/cli/stack.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { AlertSource } from '../../src/core/alert.ts';
import type { LogLine, Platform } from '../../src/core/platform.ts';
import type { Drill } from '../../src/core/scenario.ts';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { PROFILES } from '../../src/scenarios/profile.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { simDrill } from '../support/sim-drill.ts';
import { SimGuardLink } from '../support/sim-guard-link.ts';
import { SimPlatform } from '../support/sim-platform.ts';
import { SimWorld } from '../support/sim-world.ts';

/** A value a field; what makes encodings differ stands in the longer ones. */
const SECRETS = {
  A_PASSWORD: 'Zq7-a"Rt5wLm8\\pass/ü 1',
  A_MONITOR: 'monitor&pass<2>wKx9',
  B_PASSWORD: 'redisPASSxx3kQ8vTz',
  C_ACCESS: 'AKIACANARYACCESSKEY4',
  C_SECRET: 'c+secret/key=5?dWm2Lp',
  E_PASSWORD: 'rabbit%20pass#6hNf',
} as const;

const API = 'api: { url: "http://127.0.0.1:1/" }';

function nodes(name: string, count: number, rest: (index: number) => string): string {
  const all = Array.from(
    { length: count },
    (_, index) => `{ name: ${name}-${index + 1}, platform: sim, ${rest(index)} }`,
  );
  return `nodes: [${all.join(', ')}]`;
}

/** Every field that takes a secret, half of them by variables and half by files. */
const CONFIG = `
version: 1
environment: { name: canary, kind: staging }
scenarios:
  A:
    ${API}
    ${nodes('pg', 2, (index) => `host: h, port: ${index + 1}`)}
    monitor: { host: h, port: 9, password: { file: secrets/A_MONITOR } }
    database: d
    user: u
    password: { env: A_PASSWORD }
  B:
    ${API}
    ${nodes('redis', 3, (index) => `host: h, port: ${index + 1}, sentinelPort: ${index + 11}`)}
    masterName: m
    password: { file: secrets/B_PASSWORD }
  C:
    ${API}
    ${nodes('minio', 4, (index) => `url: "http://h:${index + 1}"`)}
    accessKey: { env: C_ACCESS }
    secretKey: { file: secrets/C_SECRET }
  E:
    ${API}
    node: { name: rabbit-1, platform: sim, host: h, port: 5 }
    user: u
    password: { env: E_PASSWORD }
`;

/** A secret as somebody careless would write it, each time another one in another way. */
function careless(): () => string {
  let calls = 0;
  const ways: readonly ((secret: string) => string)[] = [
    (secret) => `password authentication failed, password=${secret}`,
    (secret) => JSON.stringify({ request: { password: secret }, ok: false }),
    (secret) => `GET http://h/?token=${encodeURIComponent(secret)}&x=1`,
    (secret) => `Authorization: Basic ${Buffer.from(`u:${secret}`).toString('base64')}`,
    (secret) => `Authorization: Basic ${Buffer.from(`user:${secret}`).toString('base64url')}`,
    (secret) => `\u001b[31m${secret}\u001b[0m\u202e and ${secret.slice(0, 5)}\u200b${secret.slice(5)}`,
    // Cut to size by whoever keeps only the beginning of a text.
    ...[190, 290, 195, 295].map((size) => (secret: string) => `${'x'.repeat(size)} ${secret} tail`),
  ];
  const secrets = Object.values(SECRETS);
  return () => {
    calls += 1;
    const way = ways[calls % ways.length] ?? String;
    return way(secrets[(calls * 7) % secrets.length] ?? '');
  };
}

interface Setup {
  readonly world: SimWorld;
  readonly platform: SimPlatform;
  readonly leak: () => string;
}

async function openCanaries({ world, platform, leak }: Setup, cluster: SimCluster, drill: Drill): Promise<Stack> {
  const loaded = await loadConfig({
    world,
    file: undefined,
    scenarios: SCENARIOS,
    platforms: ['sim'],
    lab: async () => undefined,
  });
  const secrets = openSecrets(world, loaded.folder);
  const deps = { world, profile: PROFILES.smoke, secret: secrets.read };
  for (const factory of SCENARIOS) {
    const settings = loaded.config.scenarios[factory.id];
    if (settings !== undefined) await factory.bind(settings, deps);
  }
  return {
    loaded,
    profile: PROFILES.smoke,
    drills: [drill],
    notDrilled: [{ id: 'D', title: 'not this one', reason: leak(), limits: false }],
    namespace: 'ab12cd34ef56',
    platforms: new Map([[platform.id, telltale(platform, leak)]]),
    alerts: telltaleAlerts(cluster.alertSource(), leak),
    lockPath: '/srv/lock',
    platformsReach: { sim: {} },
    sessions: '/srv/sessions',
    redact: secrets.redact,
  };
}

function telltale(platform: SimPlatform, leak: () => string): Platform {
  const rethrow = (error: unknown): never => {
    throw new Error(`exit 1, stderr: ${leak()}`, { cause: error });
  };
  return {
    id: platform.id,
    byHand: (action, node) => platform.byHand(action, node),
    inspect: async (node) => ({ ...(await platform.inspect(node)), detail: leak() }),
    stop: (node, options) => platform.stop(node, options).catch(rethrow),
    start: (node, options) => platform.start(node, options).catch(rethrow),
    async *logs(node, signal): AsyncIterable<LogLine> {
      for await (const { text } of platform.logs(node, signal)) yield { text: `${text}: ${leak()}` };
    },
  };
}

function telltaleAlerts(source: AlertSource, leak: () => string): AlertSource {
  let polls = 0;
  return {
    target: `Prometheus ${leak()}`,
    rules: async (signal) => [...(await source.rules(signal)), leak()],
    async poll(signal) {
      polls += 1;
      if (polls % 9 === 0) throw new Error(leak());
      const { alerts } = await source.poll(signal);
      return {
        alerts: alerts.map((alert) => ({ ...alert, labels: { ...alert.labels, [leak()]: leak() }, activeAt: leak() })),
      };
    },
  };
}

/** The drill with everything that it says filled with secrets. */
function telltaleDrill(drill: Drill, leak: () => string): Drill {
  const { plan } = drill;
  return {
    ...drill,
    plan: { ...plan, notProven: [leak()], logs: plan.logs },
    probes: drill.probes.map((probe) => ({
      ...probe,
      async sample(signal) {
        const reading = await probe.sample(signal);
        const facts = reading.facts === undefined ? {} : { facts: { ...reading.facts, [`${leak()}`]: leak() } };
        return { ...reading, ...facts, detail: leak() };
      },
    })),
    ledgers: drill.ledgers.map((ledger) => ({
      ...ledger,
      async write(id, signal) {
        if (id % 50 === 0) throw new Error(leak());
        return { ...(await ledger.write(id, signal)), detail: leak() };
      },
      async remove() {
        throw new Error(leak());
      },
    })),
    preflight: async () => [{ name: leak(), status: 'warning', detail: leak(), hint: leak() }],
    steady: async (context) => {
      await context.note(leak());
      await context.gap('telltale', leak());
      return { ...(await drill.steady(context)), detail: leak() };
    },
    gone: async (node, signal) => ((await drill.gone(node, signal)) === undefined ? undefined : leak()),
    recovered: async (context) => ({ ...(await drill.recovered(context)), detail: leak() }),
    healed: async (context) => ({ ...(await drill.healed(context)), detail: leak() }),
  };
}

interface Ended {
  readonly world: SimWorld;
  readonly exit: number;
  /** Everything that was written or shown, by name. */
  readonly written: ReadonlyMap<string, Buffer>;
}

async function session(options: {
  readonly json?: boolean;
  readonly arrange?: (setup: Setup) => void;
  readonly change?: (drill: Drill, leak: () => string) => Drill;
}): Promise<Ended> {
  const world = new SimWorld();
  const cluster = new SimCluster(world.clock, { nodes: ['n1', 'n2', 'n3'], alertAfterMs: 6_000 });
  const platform = new SimPlatform(cluster);
  const setup: Setup = { world, platform, leak: careless() };
  world.processes.alive = async () => false;
  world.guards.start = async () => new SimGuardLink();
  let exit = -1;
  await world.run(async () => {
    await world.fs.makeFolder('/srv/secrets', 0o700);
    await world.fs.makeFolder('/srv/sessions');
    for (const [name, value] of Object.entries(SECRETS)) {
      world.env.variables[name] = value;
      await world.fs.write(`/srv/secrets/${name}`, `${value}\n`, 0o600);
    }
    await world.fs.write('/srv/gameday.yaml', CONFIG);
    const template = new URL('../../sessions/TEMPLATE.md', import.meta.url);
    await world.fs.write('/srv/sessions/TEMPLATE.md', readFileSync(template, 'utf8'));
    options.arrange?.(setup);
    const drill = telltaleDrill(simDrill(cluster), setup.leak);
    try {
      exit = await runOn(world, { yes: true, plain: true, ...(options.json ? { json: true } : {}) }, () =>
        openCanaries(setup, cluster, options.change?.(drill, setup.leak) ?? drill),
      );
    } catch (error) {
      const told = describeError(error, true);
      world.tty.err.write(told.text);
      exit = told.exitCode;
    }
  });
  const written = new Map<string, Buffer>();
  await collect(world, '/srv', written);
  written.set('stdout', Buffer.from(world.tty.out.text));
  written.set('stderr', Buffer.from(world.tty.err.text));
  return { world, exit, written };
}

async function collect(world: SimWorld, folder: string, into: Map<string, Buffer>): Promise<void> {
  for (const name of (await world.fs.list(folder)) ?? []) {
    const path = `${folder}/${name}`;
    if (path === '/srv/secrets') continue;
    if ((await world.fs.list(path)) !== undefined) await collect(world, path, into);
    else into.set(path, Buffer.from((await world.fs.readBytes(path)) ?? new Uint8Array()));
  }
}

/** Every stretch of a secret and of its encodings that would give something away. */
function canaries(): readonly string[] {
  const stretches = new Set<string>();
  for (const secret of Object.values(SECRETS)) {
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      ...['', 'u:', 'user:'].map((before) =>
        Buffer.from(before + secret)
          .toString('base64url')
          .slice(8, -3),
      ),
      ...['', 'u:', 'user:'].map((before) =>
        Buffer.from(before + secret)
          .toString('base64')
          .slice(8, -4),
      ),
    ];
    for (const form of forms) {
      for (let at = 0; at + 8 <= form.length; at += 1) stretches.add(form.slice(at, at + 8));
    }
  }
  return [...stretches];
}

function found({ written }: Ended): readonly string[] {
  return [...written].flatMap(([name, bytes]) =>
    canaries()
      .filter((canary) => bytes.includes(canary))
      .map((canary) => `${canary} in ${name}`),
  );
}

/** Files of the session by their last part. */
function names({ written }: Ended): readonly string[] {
  return [...written.keys()].map((path) => path.replace(/^.*\//, '')).sort();
}

const ALL = ['journal.jsonl', 'manifest.json', 'report.md', 'result.json', 'session.log', 'stderr', 'stdout'];

function text({ written }: Ended, name: string): string {
  const [, bytes] = [...written].find(([path]) => path.endsWith(name)) ?? [];
  return bytes?.toString() ?? '';
}

describe('secrets that everything around the session repeats', () => {
  it('stand in nothing that is written or shown', async () => {
    const ended = await session({});
    expect(names(ended)).toEqual(expect.arrayContaining(ALL));
    expect(found(ended)).toEqual([]);
    // It was a whole session, and they were there to be found.
    const journal = text(ended, 'journal.jsonl');
    for (const type of [
      'fault.proven',
      'alert.changed',
      'log.matched',
      'ledger.entries',
      'observation',
      'undo.settled',
    ]) {
      const lines = journal.split('\n').filter((line) => line.includes(`"type":"${type}"`));
      expect(lines.join('\n'), type).toContain('[redacted]');
    }
    for (const name of ALL.filter((one) => one !== 'manifest.json'))
      expect(text(ended, name), name).toContain('redacted');
  });

  it('nor when its commands fail and a node stays down', async () => {
    const ended = await session({
      json: true,
      arrange: ({ platform }) => platform.starts.push(...Array.from({ length: 500 }, () => 'fail' as const)),
    });
    expect(ended.exit).toBe(5);
    expect(found(ended)).toEqual([]);
    expect(JSON.parse(text(ended, 'stdout'))).toMatchObject({ exit: 5, restored: false });
    expect(text(ended, 'report.md')).toContain('exit 1, stderr: ');
  });

  it.each([false, true])('nor when it is refused or an error of our own ends it (json: %s)', async (json) => {
    const refused = await session({
      json,
      change: (drill, leak) => ({
        ...drill,
        preflight: async () => {
          throw new Error(leak(), { cause: new Error(leak()) });
        },
      }),
    });
    expect(refused.exit).toBe(3);
    expect(found(refused)).toEqual([]);
    expect(text(refused, 'stderr')).toContain('refused before the first fault');
    const ours = await session({
      json,
      change: (drill, leak) => ({
        ...drill,
        strike: async () => {
          throw new TypeError(leak());
        },
      }),
    });
    expect(ours.exit).toBe(4);
    expect(found(ours)).toEqual([]);
  });

  it('nor when the journal is lost in the middle', async () => {
    const ended = await session({
      arrange: ({ world, leak }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && world.clock.now() > 1_010_000
            ? { code: leak() }
            : undefined;
      },
    });
    expect(ended.exit).toBe(4);
    expect(found(ended)).toEqual([]);
  });
});

describe('what a session writes', () => {
  it('can be read by its owner alone; the schedule holds no details', async () => {
    const { world, written } = await session({});
    const own = [...written.keys()].filter((path) => /\/srv\/sessions\/[^/]+\//.test(path));
    expect(own.length).toBe(5);
    for (const path of own) expect(world.fs.inspect(path)?.mode, path).toBe(0o600);
    const folder = own[0]?.replace(/\/[^/]+$/, '') ?? '';
    expect(world.fs.inspect(folder)?.mode).toBe(0o700);
    expect(world.fs.inspect('/srv/sessions/README.md')?.mode).toBe(0o644);
  });

  it('holds nothing that a terminal would obey, whatever servers say', async () => {
    for (const json of [false, true]) {
      const { written } = await session({ json });
      for (const [name, bytes] of written) {
        if (!name.startsWith('/srv/sessions/2') && !name.startsWith('std')) continue;
        const hostile = bytes.toString().match(/[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u);
        expect(hostile, name).toBeNull();
      }
    }
  });
});
