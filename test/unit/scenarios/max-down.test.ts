import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { SCENARIOS } from '../../../src/scenarios/index.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { SimWorld } from '../../support/sim-world.ts';

type Settings = Readonly<Record<string, unknown>>;

const api = { url: 'http://lb' };
const nodes = (count: number, more: (n: number) => Settings) =>
  Array.from({ length: count }, (_, n) => ({ name: `n-${n}`, platform: 'lab', ...more(n) }));
const at = (n: number) => ({ host: '10.0.0.1', port: 1_000 + n });
const secret = { env: 'SECRET' };

const postgres = (count: number): Settings => ({
  api,
  nodes: nodes(count, at),
  monitor: { host: '10.0.0.9', port: 1 },
  database: 'app',
  user: 'app',
});
const redis = (count: number): Settings => ({
  api,
  nodes: nodes(count, (n) => ({ ...at(n), sentinelPort: 2_000 + n })),
  masterName: 'main',
});
const minio = (count: number, parity: number): Settings => ({
  api,
  nodes: nodes(count, (n) => ({ url: `http://10.0.0.${n}:9000` })),
  accessKey: secret,
  secretKey: secret,
  parity,
});
const haproxy = (count: number): Settings => ({
  api,
  nodes: nodes(count, at),
  stats: { socket: '/run/haproxy.sock' },
  url: 'http://lb',
  ws: 'ws://lb/ws',
});
const rabbitmq: Settings = { api, node: nodes(1, at)[0], user: 'u', password: secret };

/** maxDown of the drill as it is planned from a gameday.yaml. Rejects as `run` and `plan` do. */
async function maxDown(id: string, settings: Settings): Promise<number | undefined> {
  const world = new SimWorld();
  const document = { version: 1, environment: { name: 'x', kind: 'lab' }, scenarios: { [id]: settings } };
  await world.fs.write('/srv/gameday.yaml', JSON.stringify(document, null, 1));
  const { config } = await loadConfig({
    world,
    file: undefined,
    scenarios: SCENARIOS,
    platforms: ['lab'],
    lab: async () => ({ folder: '/srv/.gameday', settings: {}, nodes: [] }),
  });
  const factory = SCENARIOS.find((one) => one.id === id);
  const deps = { world, profile: PROFILES.standard, secret: async () => 'secret' };
  return (await factory?.bind(config.scenarios[id], deps))?.plan.maxDown;
}

/** id, what it is, its settings, what the redundancy allows. */
const STACKS: readonly (readonly [string, string, Settings, number])[] = [
  ['A', 'two data nodes', postgres(2), 1],
  ['A', 'three data nodes', postgres(3), 2],
  ['B', 'three hosts', redis(3), 1],
  ['B', 'four hosts', redis(4), 1],
  ['B', 'five hosts', redis(5), 2],
  ['C', 'four nodes, parity 2', minio(4, 2), 2],
  ['C', 'four nodes of several drives, parity 4', minio(4, 4), 2],
  ['C', 'eight nodes, parity 3', minio(8, 3), 3],
  ['D', 'two backends', haproxy(2), 1],
  ['D', 'four backends', haproxy(4), 3],
  ['E', 'one broker', rabbitmq, 1],
];

describe.each(STACKS)('%s with %s', (id, _, settings, most) => {
  it(`may lose ${most}`, async () => {
    expect(await maxDown(id, settings)).toBe(most);
  });

  it('takes every lower limit, and this one', async () => {
    for (let limit = 0; limit <= most; limit += 1)
      expect(await maxDown(id, { ...settings, maxDown: limit })).toBe(limit);
  });

  it('refuses a higher one where it stands in the file, and says why', async () => {
    const error = await maxDown(id, { ...settings, maxDown: most + 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad-configuration', exitCode: 2 });
    expect(String(error)).toMatch(
      new RegExp(
        `gameday\\.yaml:\\d+:\\d+: scenarios\\.${id}\\.maxDown: ${most + 1} is more than the redundancy allows: ${most} at most \\(`,
      ),
    );
  });
});

it('settings that never saw the schema are held to the redundancy too', async () => {
  const factory = SCENARIOS.find((one) => one.id === 'E');
  const settings: unknown = factory?.schema.parse(rabbitmq);
  const deps = { world: new SimWorld(), profile: PROFILES.standard, secret: async () => 'secret' };
  const drill = await factory?.bind({ ...(settings as Settings), maxDown: 9 }, deps);
  expect(drill?.plan.maxDown).toBe(1);
});
