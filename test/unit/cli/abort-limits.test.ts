import { describe, expect, test } from 'vitest';
import { abortLimits } from '../../../src/cli/abort-limits.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { mostErrors } from '../../../src/engine/abort-limits.ts';
import { planOf } from '../../support/journal-builder.ts';
import { SimWorld } from '../../support/sim-world.ts';

const BASE = `version: 1
environment: { name: mine, kind: staging }
`;
const SERVERS = `prometheus: { url: 'http://127.0.0.1:9090' }
alertmanager: { url: 'http://127.0.0.1:9093' }
`;

async function load(text: string): Promise<LoadedConfig> {
  const world = new SimWorld();
  await world.fs.write('/srv/gameday.yaml', `${BASE}${text}`);
  return loadConfig({ world, file: undefined, scenarios: [], platforms: [], lab: async () => undefined });
}

describe('what ends a drill at once', () => {
  test('without a word in the file: twice the longest bad run that may pass, no alert, the components of the demo API', async () => {
    expect(abortLimits(await load(''), [])).toMatchObject({
      errorRunMs: 60_000,
      errors: undefined,
      alerts: undefined,
      components: { database: 'postgres', messages: 'rabbitmq' },
    });
    expect(abortLimits(await load('limits: { badRun: 90s }\n'), []).errorRunMs).toBe(180_000);
  });

  test('as the file says', async () => {
    const text = `${SERVERS}abort:
  errorRun: 20s
  errors: 500
  alerts: [DiskFull]
  components: { store: postgres }
`;
    expect(abortLimits(await load(text), [])).toMatchObject({
      errorRunMs: 20_000,
      errors: 500,
      alerts: ['DiskFull'],
      components: { store: 'postgres' },
    });
  });

  test('what each drilled stack needs is known to all drills', async () => {
    const drills = [{ plan: planOf({ stack: 'redis', needs: ['postgres'] }) }];
    expect(abortLimits(await load(''), drills).needs).toEqual({ redis: ['postgres'] });
  });

  test('what the file says of a scenario that is not drilled now is known under the name of its stack', async () => {
    const { config, ...rest } = await load('');
    const scenarios = { B: { needs: ['postgres'] }, E: {}, X: { needs: ['redis'] } };
    expect(abortLimits({ ...rest, config: { ...config, scenarios } }, []).needs).toEqual({ redis: ['postgres'] });
  });

  test.each([
    ['abort: { errors: 0 }', /abort\.errors/],
    ['abort: { errorRun: 20 }', /abort\.errorRun/],
    [`${SERVERS}abort: { alerts: [''] }`, /abort\.alerts/],
    ['abort: { alert: [DiskFull] }', /alert/],
  ])('%s is refused', async (text, message) => {
    await expect(load(text)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });

  test.each(['', "prometheus: { url: 'http://127.0.0.1:9090' }\n"])(
    'an alert that nobody can see is refused: %s',
    async (servers) => {
      await expect(load(`${servers}abort: { alerts: [DiskFull] }\n`)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('nobody would see them fire'),
      });
    },
  );

  test('the errors that a drill may see are as many as looks fit into its observe phase, where users look', () => {
    const probe = { name: 'api', target: 't', intervalMs: 250, timeoutMs: 1_000, user: true };
    const plan = planOf({
      observeDeadlineMs: 90_000,
      probes: [probe, { ...probe, name: 'monitor', user: false }],
      ledgers: [{ name: 'socket', target: 't', intervalMs: 1_000, timeoutMs: 1_000, user: true }],
    });
    expect(mostErrors(plan)).toBe(360 + 90);
  });
});
