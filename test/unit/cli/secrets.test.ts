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
