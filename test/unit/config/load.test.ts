import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type LabBase, loadConfig } from '../../../src/config/load.ts';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';
import { duration, node, secretRef } from '../../../src/scenarios/settings.ts';
import { SimWorld } from '../../support/sim-world.ts';

const scenarios = [
  {
    id: 'A',
    title: 'a drill',
    schema: z.strictObject({
      nodes: z.array(node.extend({ host: z.string().min(1), port: z.int().min(1).max(65_535) })).min(2),
      password: secretRef.optional(),
      rto: duration.default(60_000),
      maxLost: z.int().min(0).default(0),
    }),
  },
  { id: 'B', title: 'another drill', schema: z.strictObject({ url: z.url() }) },
];

const labNodes = [
  { name: 'n-1', platform: 'lab', host: '127.0.0.1', port: 5001 },
  { name: 'n-2', platform: 'lab', host: '127.0.0.1', port: 5002 },
];

const lab: LabBase = {
  folder: '/srv/.gameday',
  settings: {
    version: 1,
    environment: { name: 'lab', kind: 'lab' },
    prometheus: { url: 'http://127.0.0.1:9090' },
    scenarios: {
      A: { nodes: labNodes, password: { file: '/srv/.gameday/secrets/pg' } },
      B: { url: 'http://127.0.0.1:80' },
    },
  },
};

const OWN = `version: 1
environment:
  name: mine
  kind: staging
scenarios:
  A:
    nodes:
      - { name: n-1, platform: ssh, host: db1, port: 5432 }
      - { name: n-2, platform: ssh, host: db2, port: 5432 }
`;

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

function load(options: { readonly file?: string; readonly lab?: LabBase } = {}) {
  return loadConfig({
    world,
    file: options.file,
    scenarios,
    platforms: ['lab', 'ssh', 'docker'],
    lab: async () => options.lab,
  });
}

async function problemsOf(text: string, base?: LabBase): Promise<GamedayError> {
  await world.fs.write('/srv/gameday.yaml', text);
  const error = await load({ lab: base }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GamedayError)) throw new Error(`expected a GamedayError, got ${String(error)}`);
  expect(error.exitCode).toBe(EXIT.usage);
  return error;
}

describe('where the configuration comes from', () => {
  test('the lab alone, where there is no file', async () => {
    const loaded = await load({ lab });
    expect(loaded.usesLab).toBe(true);
    expect(loaded.source).toBe('the lab in /srv/.gameday');
    expect(loaded.config.scenarios.A).toMatchObject({
      rto: 60_000,
      nodes: [{ name: 'n-1', labels: {} }, { name: 'n-2' }],
    });
  });

  test('neither lab nor file is a usage error that names the way out', async () => {
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'no-stack', exitCode: EXIT.usage });
    expect((error as GamedayError).hint).toContain('gameday lab up');
  });

  test('a file is found in a folder above', async () => {
    await world.fs.write('/gameday.yaml', OWN);
    const loaded = await load({ lab });
    expect(loaded).toMatchObject({ usesLab: false, source: '/gameday.yaml', folder: '/' });
    expect(loaded.config.environment).toEqual({ name: 'mine', kind: 'staging' });
  });

  test('a file of another kind does not even ask for the lab', async () => {
    await world.fs.write('/srv/gameday.yaml', OWN);
    const asked = loadConfig({
      world,
      file: undefined,
      scenarios,
      platforms: ['ssh'],
      lab: () => Promise.reject(new Error('asked')),
    });
    expect((await asked).config.scenarios.B).toBeUndefined();
  });

  test('a named file that is not there is an error, even with a lab', async () => {
    await expect(load({ file: 'other.yaml', lab })).rejects.toMatchObject({
      code: 'config-not-found',
      exitCode: EXIT.usage,
    });
  });

  test('a file about the lab needs the lab', async () => {
    const error = await problemsOf('version: 1\nenvironment: { name: lab, kind: lab }\n');
    expect(error.code).toBe('no-stack');
  });
});

describe('a file over the lab', () => {
  test('mappings are merged, lists and secrets replaced', async () => {
    await world.fs.write(
      '/srv/gameday.yaml',
      'scenarios:\n  A:\n    rto: 5s\n    password: { env: PGPASSWORD }\n    nodes:\n      - { name: x, platform: lab, host: h, port: 1 }\n      - { name: y, platform: lab, host: h, port: 2 }\n',
    );
    const loaded = await load({ lab });
    expect(loaded.source).toBe('gameday.yaml over the lab in /srv/.gameday');
    expect(loaded.config.scenarios.A).toMatchObject({
      rto: 5_000,
      password: { env: 'PGPASSWORD' },
      nodes: [{ name: 'x' }, { name: 'y' }],
    });
    expect(loaded.config.scenarios.B).toEqual({ url: 'http://127.0.0.1:80' });
  });

  test('a mistake is shown where it stands in the file', async () => {
    const error = await problemsOf('version: 1\nscenarios:\n  A:\n    rto: 5\n', lab);
    expect(error.message).toContain(
      'gameday.yaml:4:10: scenarios.A.rto: 5 is not right: write a duration with its unit: 250ms, 10s, 1m30s',
    );
  });
});

describe('mistakes', () => {
  test.each([
    [
      'an unknown key',
      OWN.replace('scenarios:', 'scenarois:'),
      'gameday.yaml:5:1: unknown key "scenarois": did you mean "scenarios"?',
    ],
    [
      'an unknown key deep inside',
      OWN.replace('host: db2', 'hots: db2'),
      'gameday.yaml:9:37: unknown key "hots" in scenarios.A.nodes[1]: did you mean "host"?',
    ],
    [
      'what is missing',
      OWN.replace(', port: 5432 }\n      -', ' }\n      -'),
      'gameday.yaml:8:9: scenarios.A.nodes[0].port is missing: write a whole number',
    ],
    [
      'a wrong choice',
      OWN.replace('staging', 'stagin'),
      'gameday.yaml:4:9: environment.kind: "stagin" is not right: write lab, staging or production',
    ],
    [
      'a number that is too large',
      OWN.replace('db1, port: 5432', 'db1, port: 70000'),
      'gameday.yaml:8:54: scenarios.A.nodes[0].port: 70000 is too much: at most 65535',
    ],
    [
      'a list that is too short',
      OWN.replace(/ {6}- .*db2.*\n/, ''),
      'gameday.yaml:7:5: scenarios.A.nodes: a list of 1 is too little: at least 2 in the list',
    ],
    [
      'a duration that is none',
      `${OWN}    rto: 5 minutes\n`,
      'gameday.yaml:10:10: scenarios.A.rto: "5 minutes" is not a duration',
    ],
    ['a URL that is none', `${OWN}  B: { url: nowhere }\n`, 'scenarios.B.url: "nowhere" is not right: write a URL'],
    [
      'an unknown platform',
      OWN.replace('platform: ssh, host: db1', 'platform: shs, host: db1'),
      'scenarios.A.nodes[0].platform: unknown platform "shs": did you mean ssh?',
    ],
    [
      'a lab node in another environment',
      OWN.replace('platform: ssh, host: db1', 'platform: lab, host: db1'),
      'is lab, but environment.kind is not',
    ],
    ['two nodes of one name', OWN.replace('n-2', 'n-1'), 'gameday.yaml:9:17: scenarios.A.nodes names "n-1" twice'],
    ['a key that stands twice', `${OWN}version: 1\n`, 'gameday.yaml:10:1: this key stands twice'],
    ['a tab', 'version: 1\nenvironment:\n\tname: x\n', 'a tab indents this line'],
    ['an empty file', '', 'gameday.yaml:1:1: the file holds no mapping'],
    ['a list', '- a\n', 'gameday.yaml:1:1: the file holds no mapping'],
    ['two documents', `${OWN}---\nversion: 1\n`, 'a second document begins here'],
  ])('%s', async (_name, text, expected) => {
    expect((await problemsOf(text)).message).toContain(expected);
  });

  test('a secret in plain text is refused and not repeated', async () => {
    const error = await problemsOf(`${OWN}    password: hunter2hunter2\n`);
    expect(error.message).toContain('a secret never stands in the file: write { env: NAME } or { file: PATH }');
    expect(error.message).not.toContain('hunter2');
  });

  test('a password inside a URL is refused and not repeated', async () => {
    const error = await problemsOf(`${OWN}prometheus: { url: 'http://admin:hunter2@prom:9090' }\n`);
    expect(error.message).toContain('prometheus.url holds a user or password inside a URL');
    expect(error.message).not.toContain('hunter2');
  });

  test('several are said at once, in the order of the file', async () => {
    const error = await problemsOf('version: 2\nenvironment: { name: "a b", kind: staging }\nzzz: 1\n');
    expect(error.message.split('\n').map((line) => line.trim().split(': ')[0])).toEqual([
      '3 mistakes in the configuration',
      'gameday.yaml:1:10',
      'gameday.yaml:2:22',
      'gameday.yaml:3:1',
    ]);
  });
});

test('a file that cannot be read says why', async () => {
  await world.fs.write('/srv/gameday.yaml', OWN);
  world.fs.fault = ({ kind, path }) =>
    kind === 'read' && path.endsWith('gameday.yaml') ? { code: 'EACCES' } : undefined;
  await expect(load()).rejects.toMatchObject({ code: 'config-unreadable', exitCode: EXIT.usage });
});

describe('whatever stands in the file', { timeout: 60_000 }, () => {
  const settles = async (text: string): Promise<void> => {
    await world.fs.write('/srv/gameday.yaml', text);
    await load({ lab }).catch((error: unknown) => {
      if (!(error instanceof GamedayError)) throw error;
      expect(error.exitCode).toBe(EXIT.usage);
    });
  };

  test('any text is a configuration or a GamedayError', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), settles), { numRuns: 60 });
  });

  test('any damage to a good file is a configuration or a GamedayError', async () => {
    const damaged = fc
      .tuple(
        fc.nat(OWN.length),
        fc.nat(12),
        fc.constantFrom(
          '',
          ':',
          '- ',
          '{',
          '&a ',
          '*a',
          '!!binary ',
          '\n',
          '"',
          '__proto__: ',
          '? ',
          '.nan',
          'null',
          '<<: ',
        ),
      )
      .map(([at, cut, put]) => `${OWN.slice(0, at)}${put}${OWN.slice(at + cut)}`);
    await fc.assert(fc.asyncProperty(damaged, settles), { numRuns: 100 });
  });

  test('any value anywhere is a configuration or a GamedayError', async () => {
    const key = fc.constantFrom(
      'version',
      'environment',
      'scenarios',
      'A',
      'nodes',
      'limits',
      '__proto__',
      'constructor',
      'name',
      'x',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(key, tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { maxKeys: 5 }), (all) => settles(JSON.stringify(all))),
      { numRuns: 60 },
    );
  });

  test('aliases that multiply are refused, not expanded', async () => {
    const bomb = Array.from(
      { length: 12 },
      (_, index) =>
        `k${index}: &a${index} [${
          index === 0
            ? 'x'
            : Array(9)
                .fill(`*a${index - 1}`)
                .join(', ')
        }]`,
    ).join('\n');
    expect((await problemsOf(bomb, lab)).message).toContain('cannot be read as YAML');
  });
});
