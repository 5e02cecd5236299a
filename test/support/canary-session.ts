import { readFileSync } from 'node:fs';
import '../../src/cli/colour.ts';
import { runOn } from '../../src/cli/commands/run.ts';
import { describeError } from '../../src/cli/errors.ts';
import { sayJsonError } from '../../src/cli/json-error.ts';
import { openSecrets } from '../../src/cli/secrets.ts';
import type { Stack } from '../../src/cli/stack.ts';
import { loadConfig } from '../../src/config/load.ts';
import { GamedayError } from '../../src/core/errors.ts';
import type { Drill } from '../../src/core/scenario.ts';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { PROFILES } from '../../src/scenarios/profile.ts';
import { careless, SECRETS } from './canaries.ts';
import { SimCluster } from './sim-cluster.ts';
import { simDrill } from './sim-drill.ts';
import { SimGuardLink } from './sim-guard-link.ts';
import { SimPlatform } from './sim-platform.ts';
import { SimWorld } from './sim-world.ts';
import { telltale, telltaleAlerts, telltaleDrill } from './telltales.ts';

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

export interface Setup {
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
    hintAtMissing: '',
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

export interface Ended {
  readonly world: SimWorld;
  readonly exit: number;
  /** Everything that was written or shown, by name. */
  readonly written: ReadonlyMap<string, Buffer>;
}

/** One whole `gameday run` over a simulated cluster on which everything repeats secrets. */
export async function session(options: {
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
      if (options.json && error instanceof GamedayError) sayJsonError(world.tty.out, error);
      const told = describeError(error, true);
      world.tty.err.write(told.text);
      exit = told.exitCode;
    }
  });
  world.fs.frozen = false;
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
