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

  describe('with a part of the settings of a stack that the lab lacks', () => {
    const { A } = LAB.settings.scenarios as { readonly A: JsonObject };
    const lab = { ...LAB, settings: { ...LAB.settings, scenarios: { A } } };
    const loadOver = async (text: string) => {
      await world.fs.write('/srv/gameday.yaml', text);
      return load(world, { lab: async () => lab });
    };

    test('that scenario is left out, and what it lacks is told', async () => {
      const loaded = await loadOver('scenarios:\n  A: { rto: 5s }\n  B: { healing: {} }\n');
      expect(loaded.config.scenarios).toMatchObject({ A: { rto: 5_000 } });
      expect(loaded.config.scenarios.B).toBeUndefined();
      expect(loaded.lacking).toEqual({ B: ['url'] });
      expect(Object.keys(loaded.effective.scenarios as JsonObject)).toEqual(['A']);
    });

    test('it may expect lines from nodes that the lab does not know', async () => {
      const { B } = LAB.settings.scenarios as { readonly B: JsonObject };
      await world.fs.write(
        '/srv/gameday.yaml',
        'scenarios:\n  A: { logs: [{ name: x, nodes: [pg-9], pattern: y }] }\n',
      );
      const onlyB = { ...LAB, settings: { ...LAB.settings, scenarios: { B } } };
      expect((await load(world, { lab: async () => onlyB })).lacking).toEqual({ A: ['nodes'] });
    });

    test.each([
      ['of another scenario', 'A: { rto: 5 }\n  B: {}', 'scenarios.A.rto: 5 has no unit'],
      ['of that one', 'B: { ulr: x }', 'unknown key "ulr"'],
      ['that no schema sees', 'B: { alerts: [{ name: "http://u:p@h" }] }', 'holds a user or password'],
      ['in a list of it', 'B: { alerts: [{ of: first }] }', 'scenarios.B.alerts[0].name is missing'],
    ])('a mistake %s is refused all the same', async (_what, text, said) => {
      const error = await problemsOf(world, `scenarios:\n  ${text}\n`, lab);
      expect(error.message).toContain(said);
      expect(error.message).not.toContain('url is missing');
    });

    test('a whole one that has a mistake inside is no part of one', async () => {
      const text = 'scenarios:\n  B: { url: http://127.0.0.1:1, healing: { buckets: 1 } }\n';
      expect((await problemsOf(world, text, lab)).message).toContain('scenarios.B.healing');
    });
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
