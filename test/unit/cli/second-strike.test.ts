import { expect, test } from 'vitest';
import { foreseeAll, shortPlan } from '../../../src/cli/foresee.ts';
import { openStack, type StackOptions } from '../../../src/cli/stack.ts';
import { writeLabState } from '../../../src/lab/state.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

/** What is left of a lab: two servers, and a file that calls them the backends of D and one of them the broker of E. */
const FILE = (more: string) => `
version: 1
environment: { name: lab, kind: lab }
scenarios:
  D:
    api: { url: 'http://127.0.0.1:1' }
    url: http://127.0.0.1:1
    ws: ws://127.0.0.1:1/ws
    stats: { host: 127.0.0.1, port: 1 }
    nodes:
      - { name: n1, platform: lab, host: 127.0.0.1, port: 1 }
      - { name: n2, platform: lab, host: 127.0.0.1, port: 1 }
${more}
  E:
    api: { url: 'http://127.0.0.1:1' }
    node: { name: n1, platform: lab, host: 127.0.0.1, port: 1 }
    user: u
    password: { file: secret }
`;

function open(options: StackOptions, more = '') {
  const world = new SimWorld();
  const folder = '/srv/stage';
  return world.run(async () => {
    await world.fs.makeFolder(folder);
    await writeLabState(world, await tinyLab(world, folder));
    await world.fs.write(`${folder}/the.yaml`, FILE(more));
    await world.fs.write(`${folder}/secret`, 'of-the-broker');
    const stack = await openStack(world, { labDir: folder, config: `${folder}/the.yaml`, only: 'DE', ...options });
    const ids = stack.drills.map(({ plan }) => plan.id);
    const text = shortPlan(stack, await foreseeAll(world, stack)).replace(/\s+/g, ' ');
    return { ids, plans: stack.drills.map(({ plan }) => plan), text };
  });
}

test('every drill is struck once unless somebody says otherwise', async () => {
  expect((await open({})).ids).toEqual(['D', 'E']);
});

test('--second-strike puts a drill right behind each chosen one', async () => {
  const { ids, plans, text } = await open({ secondStrike: true });
  expect(ids).toEqual(['D', 'D-2', 'E', 'E-2']);
  expect(plans[1]).toMatchObject({ secondOf: 'D', title: 'HAProxy backend kill, second strike' });
  expect(plans[1]?.gates.map(({ id }) => id)).toEqual([
    ...(plans[0]?.gates.map(({ id }) => id) ?? []),
    'kept-websocket',
  ]);
  expect(plans[1]?.runbook).toEqual(plans[0]?.runbook);
  expect(text).toContain('D-2 HAProxy backend kill, second strike one of: n1');
  expect(text).toContain('it depends on what survives the first strike, D');
});

test('the file says it of one scenario', async () => {
  expect((await open({}, '    secondStrike: true')).ids).toEqual(['D', 'D-2', 'E']);
  expect((await open({}, '    secondStrike: false')).ids).toEqual(['D', 'E']);
});
