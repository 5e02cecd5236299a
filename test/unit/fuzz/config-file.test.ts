import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { EXIT, GamedayError } from '../../../src/core/errors.ts';
import { LAB, load, OWN, problemsOf } from '../../support/config-file.ts';
import { SimWorld } from '../../support/sim-world.ts';

let world: SimWorld;

beforeEach(() => {
  world = new SimWorld();
});

describe('whatever stands in the file', { timeout: 60_000 }, () => {
  const settles = async (text: string): Promise<void> => {
    await world.fs.write('/srv/gameday.yaml', text);
    await load(world, { lab: async () => LAB }).catch((error: unknown) => {
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
    expect((await problemsOf(world, bomb, LAB)).message).toContain('cannot be read as YAML');
  });
});
