import { beforeEach, describe, expect, test } from 'vitest';
import { EXIT, type GamedayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { LAB, load, OWN, problemsOf } from '../../support/config-file.ts';
import { SimWorld } from '../../support/sim-world.ts';

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

describe('where the configuration comes from', () => {
  test('the lab alone, where there is no file', async () => {
    const loaded = await load(world, { lab: async () => LAB });
    expect(loaded.usesLab).toBe(true);
    expect(loaded.source).toBe('the lab in /srv/.gameday');
    expect(loaded.config.scenarios.A).toMatchObject({
      rto: 60_000,
      nodes: [{ name: 'n-1', labels: {} }, { name: 'n-2' }],
    });
  });

  test('neither lab nor file is a usage error that names the way out', async () => {
    const error = await load(world).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'no-stack', exitCode: EXIT.usage });
    expect((error as GamedayError).hint).toContain('gameday lab up');
  });

  test('a file is found in a folder above', async () => {
    await world.fs.write('/gameday.yaml', OWN);
    const loaded = await load(world, { lab: async () => LAB });
    expect(loaded).toMatchObject({ usesLab: false, source: '/gameday.yaml', folder: '/' });
    expect(loaded.config.environment).toEqual({ name: 'mine', kind: 'staging' });
  });

  test('a file of another kind does not even ask for the lab', async () => {
    await world.fs.write('/srv/gameday.yaml', OWN);
    const asked = load(world, { platforms: ['ssh'], lab: () => Promise.reject(new Error('asked')) });
    expect((await asked).config.scenarios.B).toBeUndefined();
  });

  test('a named file that is not there is an error, even with a lab', async () => {
    await expect(load(world, { file: 'other.yaml', lab: async () => LAB })).rejects.toMatchObject({
      code: 'config-not-found',
      exitCode: EXIT.usage,
    });
  });

  test('a file about the lab needs the lab', async () => {
    const error = await problemsOf(world, 'version: 1\nenvironment: { name: lab, kind: lab }\n');
    expect(error.code).toBe('no-stack');
  });
});

describe('a file over the lab', () => {
  test('mappings are merged, lists and secrets replaced', async () => {
    await world.fs.write(
      '/srv/gameday.yaml',
      'scenarios:\n  A:\n    rto: 5s\n    password: { env: PGPASSWORD }\n    nodes:\n      - { name: x, platform: lab, host: h, port: 1 }\n      - { name: y, platform: lab, host: h, port: 2 }\n',
    );
    const loaded = await load(world, { lab: async () => LAB });
    expect(loaded.source).toBe('gameday.yaml over the lab in /srv/.gameday');
    expect(loaded.config.scenarios.A).toMatchObject({
      rto: 5_000,
      password: { env: 'PGPASSWORD' },
      nodes: [{ name: 'x' }, { name: 'y' }],
    });
    expect(loaded.config.scenarios.B).toEqual({ url: 'http://127.0.0.1:80' });
  });

  test('a part of the settings of a stack that the lab lacks says so, and how the lab comes to it', async () => {
    const { A } = LAB.settings.scenarios as { readonly A: JsonObject };
    const lab = { ...LAB, settings: { ...LAB.settings, scenarios: { A } } };
    const error = await problemsOf(world, 'scenarios:\n  A: { rto: 5 }\n  B: {}\n', lab);
    expect(error.message).toContain(
      'gameday.yaml:3:3: scenarios.B lacks url, and the lab in /srv/.gameday has no stack for B that would give it',
    );
    expect(error.message).toContain('scenarios.A.rto: 5 has no unit');
    expect(error.message).not.toContain('scenarios.B.url is missing');
    expect(error.hint).toMatch(/^gameday lab down first\n/);
  });

  test('a mistake is shown where it stands in the file', async () => {
    const error = await problemsOf(world, 'version: 1\nscenarios:\n  A:\n    rto: 5\n', LAB);
    expect(error.message).toContain(
      'gameday.yaml:4:10: scenarios.A.rto: 5 has no unit: write a duration with its unit',
    );
  });
});

test('a file that cannot be read says why', async () => {
  await world.fs.write('/srv/gameday.yaml', OWN);
  world.fs.fault = ({ kind, path }) =>
    kind === 'read' && path.endsWith('gameday.yaml') ? { code: 'EACCES' } : undefined;
  await expect(load(world)).rejects.toMatchObject({ code: 'config-unreadable', exitCode: EXIT.usage });
});
