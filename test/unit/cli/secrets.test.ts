import { expect, test } from 'vitest';
import { learnSecrets, openSecrets, secretVariables } from '../../../src/cli/secrets.ts';
import { SimWorld } from '../../support/sim-world.ts';

const CONFIG = {
  scenarios: {
    A: { password: { env: 'PG_PASSWORD' }, monitor: { password: { file: 'secrets/monitor' } } },
    C: { nodes: [{ secretKey: { env: 'S3_KEY' } }], env: 'not a reference', labels: { env: 'prod', tier: 'db' } },
  },
};

test('a guard is handed the variables that hold secrets, and no others', () => {
  expect(secretVariables(CONFIG)).toEqual(['PG_PASSWORD', 'S3_KEY']);
});

test('a process with another working folder knows the secrets of relative files, and hides them', async () => {
  const world = new SimWorld();
  world.env.variables.PG_PASSWORD = 'postgres-secret';
  const text = 'postgres-secret and monitor-secret';
  const shown = await world.run(async () => {
    await world.fs.makeFolder('/etc/drills/secrets');
    await world.fs.write('/etc/drills/secrets/monitor', 'monitor-secret\n');
    const secrets = openSecrets(world, '/etc/drills');
    await learnSecrets(secrets, CONFIG);
    return secrets.redact(text);
  });
  expect(shown).not.toContain('postgres-secret');
  expect(shown).not.toContain('monitor-secret');
});

test("a node's log is no secret, nor is what a label says: neither is read, and hiding goes on", async () => {
  const world = new SimWorld();
  world.env.variables.PG_PASSWORD = 'postgres-secret';
  world.env.variables.prod = 'of-nobody';
  const config = {
    scenarios: {
      ...CONFIG.scenarios,
      B: { alerts: [{ labels: { file: '/var/log/label' } }], api: { expect: { json: { file: '/var/log/json' } } } },
      D: { node: { labels: { env: 'prod' } } },
    },
    logs: { nodes: { web: { file: '/var/log/web' } } },
  };
  await world.run(async () => {
    const said = { '/var/log/web': 'of the web', '/var/log/label': 'of a label', '/var/log/json': 'of an answer' };
    await world.fs.makeFolder('/var/log');
    for (const [path, text] of Object.entries(said)) await world.fs.write(path, text);
    const secrets = openSecrets(world, '/etc/drills');
    await learnSecrets(secrets, config);
    const text = Object.values(said).join(', ');
    expect(secrets.redact(`${text}, postgres-secret`)).toBe(`${text}, [redacted]`);
  });
  expect(secretVariables(config)).toEqual(['PG_PASSWORD', 'S3_KEY']);
});

test('a secret too long for a redactor is refused, and the others stay hidden', async () => {
  const world = new SimWorld();
  world.env.variables.LONG_ONE = '"'.repeat(1024);
  world.env.variables.TOO_LONG = 'secret '.repeat(10_000);
  const secrets = openSecrets(world, '/');
  await world.run(async () => {
    await expect(secrets.read({ env: 'TOO_LONG' })).rejects.toMatchObject({
      code: 'secret-too-long',
      exitCode: 2,
      message: expect.stringContaining('the environment variable TOO_LONG has more than 1024 characters'),
    });
    const value = await secrets.read({ env: 'LONG_ONE' });
    expect(secrets.redact(`it is ${value}.`)).toBe('it is [redacted].');
  });
});

test.each(['x', 'abc', ' ab  \n'])('a secret too short to be hidden is refused: %j', async (value) => {
  const world = new SimWorld();
  world.env.variables.SHORT_ONE = value;
  const secrets = openSecrets(world, '/etc/drills');
  await world.run(async () => {
    await world.fs.makeFolder('/etc/drills');
    await world.fs.write('/etc/drills/short', value);
    const refusals = [
      [{ env: 'SHORT_ONE' }, 'the environment variable SHORT_ONE'],
      [{ file: 'short' }, 'the file /etc/drills/short'],
    ] as const;
    for (const [ref, place] of refusals) {
      const error = await secrets.read(ref).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'secret-too-short', exitCode: 2, hint: expect.stringContaining('longer') });
      const { message } = error as Error;
      expect(message).toBe(
        `the secret in ${place} has fewer than 4 characters: gameday could not keep it out of what it writes`,
      );
    }
  });
});

test('a secret of four characters is taken', async () => {
  const world = new SimWorld();
  world.env.variables.FOUR = 'q9Zx';
  const secrets = openSecrets(world, '/');
  await world.run(async () => expect(await secrets.read({ env: 'FOUR' })).toBe('q9Zx'));
  expect(secrets.redact('it is q9Zx.')).toBe('it is [redacted].');
});
