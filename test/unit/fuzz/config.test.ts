import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfigDocument } from '../../../src/config/document.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { isGuarded } from '../../../src/config/protected.ts';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';
import type { ScenarioPlan } from '../../../src/core/scenario.ts';
import { SCENARIOS } from '../../../src/scenarios/index.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { anyJson, damaged, damagedText } from '../../support/garbage.ts';
import { SimWorld } from '../../support/sim-world.ts';

const api = { url: 'http://lb:8080' };
const node = (name: string, more: object) => ({ name, platform: 'ssh', labels: { instance: name }, ...more });
const at = (n: number) => ({ host: '10.0.0.1', port: 1_000 + n });
const secret = { env: 'SECRET' };

/** A configuration with everything in it. */
const GOOD = {
  version: 1,
  environment: { name: 'shop', kind: 'staging', id: 'shop-1' },
  protected: ['prod-*'],
  prometheus: { url: 'http://p:9090' },
  alertmanager: { url: 'http://a:9093' },
  limits: { badRun: '30s', alertWithin: '1m' },
  sessions: 'sessions',
  scenarios: {
    A: {
      api: { ...api, interval: '250ms', timeout: '2s' },
      nodes: [1, 2].map((n) => node(`pg-${n}`, at(n))),
      monitor: { ...at(9), password: secret },
      database: 'app',
      user: 'app',
      password: { file: 'pg' },
      rto: '60s',
      maxDown: 1,
      steady: '1s',
      heal: { deadline: '9s' },
      alerts: [{ name: 'Down', labels: { a: 'b' }, of: 'first', within: '1m' }],
      logs: [{ name: 'loud', nodes: ['pg-1'], pattern: 'FATAL|PANIC', within: '9s' }],
    },
    B: {
      api,
      nodes: [1, 2, 3].map((n) => node(`redis-${n}`, { ...at(n), sentinelPort: n })),
      masterName: 'main',
      maxLost: null,
    },
    C: {
      api,
      nodes: [1, 2, 3, 4].map((n) => node(`minio-${n}`, { url: `http://10.0.0.${n}:9000` })),
      accessKey: secret,
      secretKey: secret,
      parity: 2,
    },
    D: {
      api,
      nodes: [1, 2].map((n) => node(`api-${n}`, at(n))),
      stats: { socket: '/run/haproxy.sock' },
      url: 'http://lb:8080',
      ws: 'ws://lb:8080/ws',
    },
    E: { api, node: node('rabbitmq', at(1)), user: 'u', password: secret },
  },
};

interface Settled {
  readonly loaded: LoadedConfig;
  readonly plans: readonly ScenarioPlan[];
}

/** What `run` makes of this file: drills, or a GamedayError that is the user's to mend. */
async function settles(text: string): Promise<Settled | undefined> {
  const world = new SimWorld({ wallMs: 0 });
  await world.fs.write('/srv/gameday.yaml', text);
  try {
    const loaded = await loadConfig({
      world,
      file: undefined,
      scenarios: SCENARIOS,
      platforms: ['ssh', 'lab'],
      lab: async () => undefined,
    });
    const plans: ScenarioPlan[] = [];
    for (const factory of SCENARIOS) {
      const settings = loaded.config.scenarios[factory.id];
      if (settings === undefined) continue;
      const deps = { world, profile: PROFILES.smoke, secret: async () => 'secret' };
      plans.push((await factory.bind(settings, deps)).plan);
    }
    return { loaded, plans };
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    expect(error.exitCode).toBe(EXIT.usage);
    expect(error.hint).not.toBe('');
    return undefined;
  }
}

/** Nothing but what the file names can be broken, and never more at once than the redundancy allows. */
function expectBounded({ loaded, plans }: Settled): void {
  const written = JSON.stringify(loaded.effective);
  for (const plan of plans) {
    expect(plan.nodes.length).toBeGreaterThan(0);
    for (const { name } of plan.nodes) expect(written).toContain(JSON.stringify(name));
    expect(plan.maxDown).toBeGreaterThanOrEqual(0);
    expect(plan.maxDown).toBeLessThan(Math.max(2, plan.nodes.length));
    for (const ms of [plan.steadyMs, plan.outageMs, plan.observeDeadlineMs, plan.healDeadlineMs, plan.undoDeadlineMs])
      expect(Number.isFinite(ms)).toBe(true);
  }
  expect(typeof isGuarded(loaded.config)).toBe('boolean');
}

describe('a configuration', { timeout: 60_000 }, () => {
  test('that is right gives every drill, so that the rest of this file means something', async () => {
    for (const text of [JSON.stringify(GOOD), stringify(GOOD)])
      expect((await settles(text))?.plans.map((plan) => plan.id)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  test('of any text is drills or a GamedayError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => void (await settles(text))),
      { numRuns: 40 },
    );
  });

  test('whose text was damaged is bounded drills or a GamedayError', async () => {
    await fc.assert(
      fc.asyncProperty(damagedText(stringify(GOOD)), async (text) => {
        const settled = await settles(text);
        if (settled !== undefined) expectBounded(settled);
      }),
      { numRuns: 50 },
    );
  });

  test('with anything anywhere is bounded drills or a GamedayError', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(GOOD), async (value) => {
        const settled = await settles(JSON.stringify(value) ?? '');
        if (settled !== undefined) expectBounded(settled);
      }),
      { numRuns: 60 },
    );
  });

  test('whose scenario is anything is bounded drills or a GamedayError', async () => {
    const id = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'Z', '__proto__');
    await fc.assert(
      fc.asyncProperty(id, anyJson, async (key, value) => {
        const text = JSON.stringify({ ...GOOD, scenarios: { [key]: value } });
        expect((await settles(text))?.plans ?? []).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['lists in lists', 20_000, (depth: number) => `a: ${'['.repeat(depth)}`],
    ['closed lists', 20_000, (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`],
    ['mappings in mappings', 20_000, (depth: number) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`],
    ['keys without an end', 20_000, (depth: number) => `${'? '.repeat(depth)}x`],
    ['dashes', 20_000, (depth: number) => `${'- '.repeat(depth)}x`],
    [
      'indented mappings',
      500,
      (depth: number) => Array.from({ length: depth }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
    ],
    ['JSON', 20_000, (depth: number) => `{"version":1,"environment":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`],
  ])('that nests without end (%s) is refused', async (_, most, text) => {
    expect(await settles(text(65))).toBeUndefined();
    // Not by the parser: near the end of its stack Node may end the whole program.
    for (const depth of [250, most])
      expect(() => parseConfigDocument('x', text(depth))).toThrow('nested more than 200 levels deep');
  });
});
