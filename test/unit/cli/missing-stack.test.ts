import { describe, expect, test } from 'vitest';
import { hintAtMissing } from '../../../src/cli/lab-access.ts';
import { openStack } from '../../../src/cli/stack.ts';
import { writeLabState } from '../../../src/lab/state.ts';
import { LEFT_OUT } from '../../../src/lab/tools.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

const FOLDER = '/srv/stage';
const NO_PROGRAM = { stack: 'postgres', reason: 'not found: pg_autoctl' };
const SKIPPED = { stack: 'minio', reason: LEFT_OUT };
const UP = `gameday lab up --lab-dir ${FOLDER}`;

async function labWithout(world: SimWorld, missing: readonly { stack: string; reason: string }[]) {
  await world.fs.makeFolder(FOLDER);
  const state = { ...(await tinyLab(world, FOLDER)), missing };
  await writeLabState(world, state);
  return state;
}

describe('a lab that is up without a stack', () => {
  test.each([
    ['left out', [SKIPPED], `${UP} without --skip minio`],
    ['not installed', [NO_PROGRAM], `install what is missing (npm run drill does that in the repository), then ${UP}`],
    ['of both', [SKIPPED, NO_PROGRAM], `then ${UP} without --skip minio`],
  ] as const)('%s: it has to be taken down first', async (_name, missing, then) => {
    const world = new SimWorld();
    await world.run(async () => {
      const state = await labWithout(world, missing);
      const hint = hintAtMissing(state);
      expect(hint).toMatch(new RegExp(`^take the lab down first: gameday lab down --lab-dir ${FOLDER}, `));
      expect(hint.endsWith(then)).toBe(true);
      await expect(openStack(world, { labDir: FOLDER, only: 'C' })).rejects.toMatchObject({
        code: 'not-configured',
        hint,
      });
      expect(hintAtMissing({ ...state, defaults: true })).toContain(`${UP} --defaults`);
    });
  });

  test('a file that lays settings over that stack is told the same', async () => {
    const world = new SimWorld();
    await world.run(async () => {
      const state = await labWithout(world, [SKIPPED]);
      await world.fs.write('/srv/the.yaml', 'version: 1\nscenarios:\n  C: { outage: 10s }\n');
      await expect(openStack(world, { labDir: FOLDER, config: '/srv/the.yaml' })).rejects.toMatchObject({
        code: 'bad-configuration',
        message: expect.stringContaining(`the lab in ${FOLDER} has no stack for C`),
        hint: expect.stringContaining(hintAtMissing(state)),
      });
    });
  });
});
