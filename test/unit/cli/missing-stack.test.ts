import { describe, expect, test } from 'vitest';
import { hintAtMissing } from '../../../src/cli/lab-access.ts';
import { openStack, type StackOptions } from '../../../src/cli/stack.ts';
import { EXIT } from '../../../src/core/errors.ts';
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

  describe('and a file that lays settings over that stack', () => {
    const E =
      "  E: { api: { url: 'http://127.0.0.1:1' }, node: { name: n1, platform: lab, host: h, port: 1 }, user: u, password: { env: PW } }\n";
    const open = (options: StackOptions) => {
      const world = new SimWorld();
      world.env.variables.PW = 'of-the-broker';
      return world.run(async () => {
        await labWithout(world, [SKIPPED]);
        await world.fs.write('/srv/the.yaml', `version: 1\nscenarios:\n  C: { outage: 10s }\n${E}`);
        return openStack(world, { labDir: FOLDER, config: '/srv/the.yaml', ...options });
      });
    };
    const WHY = /^the lab is not complete \(minio: left out by --skip\), and scenarios\.C in the file lacks .*nodes/;

    test('its drill is left out, which limits the session', async () => {
      const { drills, notDrilled } = await open({});
      expect(drills.map(({ plan }) => plan.id)).toEqual(['E']);
      expect(notDrilled.find(({ id }) => id === 'C')).toMatchObject({
        limits: true,
        reason: expect.stringMatching(WHY),
      });
    });

    test.each([{ skip: 'C' }, { only: 'E' }])(
      'nothing is said of it where nobody asked for it: %j',
      async (options) => {
        const { notDrilled } = await open(options);
        expect(notDrilled.find(({ id }) => id === 'C')).toMatchObject({ limits: false });
      },
    );

    test('asked for by name, it is refused with the way to it', async () => {
      await expect(open({ only: 'C' })).rejects.toMatchObject({
        code: 'not-configured',
        exitCode: EXIT.inconclusive,
        message: expect.stringContaining('and scenarios.C in the file lacks'),
        hint: expect.stringContaining(`${UP} without --skip minio`),
      });
    });
  });
});
