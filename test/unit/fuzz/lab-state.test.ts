import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labBase } from '../../../src/cli/lab-access.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { GamedayError } from '../../../src/core/errors.ts';
import type { LabState } from '../../../src/core/lab-state.ts';
import { findLabState } from '../../../src/lab/state.ts';
import { SCENARIOS } from '../../../src/scenarios/index.ts';
import { damaged, damagedText } from '../../support/garbage.ts';
import { LAB_FOLDER as FOLDER } from '../../support/lab-state.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { WHOLE_LAB, wholeNode } from '../../support/whole-lab.ts';

/** One stack is missing, as where no Go was found. */
const GOOD: LabState = {
  ...WHOLE_LAB,
  nodes: WHOLE_LAB.nodes.filter((node) => node.stack !== 'minio'),
  missing: [{ stack: 'minio', reason: 'not found' }],
};

/** What `run` makes of this file: a configuration, or an error for a person. */
async function settles(text: string): Promise<LabState | undefined> {
  const world = new SimWorld();
  await world.fs.makeFolder(FOLDER);
  await world.fs.write(`${FOLDER}/lab.json`, text);
  try {
    const state = await findLabState(world, FOLDER);
    if (state === undefined) throw new Error('there is a file');
    const lab = async () => labBase(state);
    await loadConfig({ world, file: undefined, scenarios: SCENARIOS, platforms: ['lab'], lab });
    return state;
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    expect(error.hint).not.toBe('');
    return undefined;
  }
}

/** Whatever the lab would remove, start in or write to. */
function expectAtHome({ runFolder, secretsFolder, folder, nodes }: LabState): void {
  const paths = nodes.flatMap((one) => [
    one.folder,
    one.logFile,
    ...one.prepare.flatMap((step) => (step.kind === 'remove-files' ? step.paths : [])),
  ]);
  for (const path of [runFolder, secretsFolder, folder, ...paths]) {
    expect(path).not.toMatch(/\/\.\.(\/|$)/);
    expect(path).not.toBe('/');
  }
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
}

describe('the state file of a lab', { timeout: 60_000 }, () => {
  test('that is right is one, so that the rest of this file means something', async () => {
    expect(await settles(JSON.stringify(GOOD))).toEqual(GOOD);
  });

  test('of any text is a state or a GamedayError', async () => {
    const anyway = async (text: string) => void (await settles(text));
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 100 }), anyway), { numRuns: 50 });
    await fc.assert(fc.asyncProperty(fc.json(), anyway), { numRuns: 50 });
  });

  test('that was damaged is a state or a GamedayError, and leads nowhere out of the lab', async () => {
    const changed = fc.oneof(
      damaged(GOOD).map((value) => JSON.stringify(value) ?? ''),
      damagedText(JSON.stringify(GOOD)),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (text) => {
        const state = await settles(text);
        if (state !== undefined) expectAtHome(state);
      }),
      { numRuns: 120 },
    );
  });

  test.each([
    ['a run folder that is the root', { runFolder: '/' }],
    ['a run folder of somebody else', { runFolder: '/home/operator' }],
    ['a run folder of another lab', { runFolder: '/tmp/gameday-89abcdef' }],
    ['a run folder by detours', { runFolder: `/home/../tmp/gameday-01234567` }],
    ['a folder that is the root', { folder: '/' }],
    ['secrets elsewhere', { secretsFolder: '/etc' }],
    ['a node elsewhere', { nodes: [{ ...wholeNode('n', 's', {}), folder: '/etc' }] }],
    ['a node by detours', { nodes: [{ ...wholeNode('n', 's', {}), folder: `${FOLDER}/../../etc` }] }],
    ['a log elsewhere', { nodes: [{ ...wholeNode('n', 's', {}), logFile: '/etc/passwd' }] }],
    [
      'files to be removed elsewhere',
      { nodes: [{ ...wholeNode('n', 's', {}), prepare: [{ kind: 'remove-files', paths: ['/home/operator'] }] }] },
    ],
    ['one node twice', { nodes: [wholeNode('n', 's', {}), wholeNode('n', 's', {})] }],
  ])('with %s is refused', async (_, change) => {
    const world = new SimWorld();
    await world.fs.makeFolder(FOLDER);
    await world.fs.write(`${FOLDER}/lab.json`, JSON.stringify({ ...GOOD, ...change }));
    await expect(findLabState(world, FOLDER)).rejects.toMatchObject({ code: 'lab-state-corrupt' });
  });

  test('without a port that a drill needs is refused, and named as what it is', async () => {
    const nodes = GOOD.nodes.map((one) => (one.name === 'redis-2' ? { ...one, ports: {} } : one));
    expect(() => labBase({ ...GOOD, nodes })).toThrow(GamedayError);
    expect(await settles(JSON.stringify({ ...GOOD, nodes }))).toBeUndefined();
  });
});
