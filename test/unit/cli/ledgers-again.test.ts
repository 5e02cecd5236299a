import { describe, expect, it } from 'vitest';
import { ledgersAgain } from '../../../src/cli/ledgers-again.ts';
import type { SessionStarted } from '../../../src/journal/events.ts';
import { postgresFailover } from '../../../src/scenarios/a-postgres-failover.ts';
import { PROFILES } from '../../../src/scenarios/profile.ts';
import { simStarted } from '../../support/sim-session.ts';
import { SimWorld } from '../../support/sim-world.ts';

const NAMESPACE = 'ab12cd34ef56';
const node = (n: number) => ({ name: `pg-${n}`, platform: 'lab', host: '127.0.0.1', port: n });
const SETTINGS = {
  api: { url: 'http://lb' },
  nodes: [node(1), node(2)],
  monitor: { host: '127.0.0.1', port: 9 },
  database: 'app',
  user: 'app',
  password: { file: 'secrets/pg' },
  ledger: { interval: '20ms' },
};

/** A session as the journal tells of it: settings as they were written, secrets by name. */
async function session(world: SimWorld): Promise<SessionStarted> {
  const settings = postgresFailover.schema.parse(SETTINGS);
  const deps = { world, profile: PROFILES.smoke, secret: async () => 'a-password', namespace: NAMESPACE };
  const drill = await postgresFailover.bind(settings, deps);
  const started = simStarted([drill], '/srv/lock');
  return {
    type: 'session.started',
    ...started,
    config: { scenarios: { A: SETTINGS } },
    reach: { ...started.reach, namespace: NAMESPACE, folder: '/srv/configured' },
  };
}

describe('the ledgers of a session, bound again from its journal', () => {
  it('have the same places, and read their secrets where the configuration says', async () => {
    const world = new SimWorld();
    await world.fs.makeFolder('/srv/configured/secrets');
    await world.fs.write('/srv/configured/secrets/pg', 'a-password\n');
    const ledgers = await ledgersAgain(world, await session(world));
    expect(
      ledgers.get('A')?.map(({ name, namespace, intervalMs }) => ({ name, what: namespace.what, intervalMs })),
    ).toEqual([{ name: 'writes', what: `schema gameday_${NAMESPACE}`, intervalMs: 20 }]);
  });

  it('cannot be made without a secret that they need', async () => {
    const world = new SimWorld();
    await expect(ledgersAgain(world, await session(world))).rejects.toThrow('/srv/configured/secrets/pg');
  });

  it('cannot be made from a journal that does not name their places, or settings that mean nothing here', async () => {
    const world = new SimWorld();
    const started = await session(world);
    const { namespace: _, ...reach } = started.reach;
    await expect(ledgersAgain(world, { ...started, reach })).rejects.toThrow('older version');
    await expect(ledgersAgain(world, { ...started, config: {} })).rejects.toThrow('settings of scenario A');
  });
});
