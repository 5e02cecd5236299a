import { expect, test } from 'vitest';
import { openStack } from '../../../src/cli/stack.ts';
import { writeLabState } from '../../../src/lab/state.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

const FILE = `
version: 1
scenarios:
  E:
    api: { url: 'http://127.0.0.1:1' }
    node: { name: n1, platform: lab, host: 127.0.0.1, port: 1 }
    user: u
    password: { file: secret }
    logs: [{ name: out, nodes: [web, n1], pattern: FATAL }]
logs:
  nodes:
    web: { file: /var/log/web.log }
environment: { name: lab, kind: lab }
`;

test("a node's log is read where the file says that it is, others where the platform has them", async () => {
  const world = new SimWorld();
  await world.run(async () => {
    await world.fs.makeFolder('/srv/stage');
    await writeLabState(world, await tinyLab(world, '/srv/stage'));
    await world.fs.write('/srv/stage/the.yaml', FILE);
    await world.fs.write('/srv/stage/secret', 'of-the-broker');
    const { platforms } = await openStack(world, { labDir: '/srv/stage', config: '/srv/stage/the.yaml', only: 'E' });
    const stop = new AbortController();
    const first = async (name: string) => {
      const lines = platforms.get('lab')?.logs?.({ name, platform: 'lab', labels: {} }, stop.signal);
      for await (const line of lines ?? []) return line;
      return undefined;
    };
    await world.fs.makeFolder('/var/log');
    for (const path of ['/var/log/web.log', '/srv/stage/n1.log']) await world.fs.write(path, '');
    const reading = Promise.all([first('web'), first('n1')]);
    await world.clock.sleep(10);
    for (const path of ['/var/log/web.log', '/srv/stage/n1.log']) {
      const file = await world.fs.openAppend(path);
      await file.write(new TextEncoder().encode(`2026-11-20T09:30:00Z ${path}\n`));
      await file.close();
    }
    expect(await reading).toEqual([
      { text: '2026-11-20T09:30:00Z /var/log/web.log', writtenAt: Date.parse('2026-11-20T09:30:00Z') },
      { text: '2026-11-20T09:30:00Z /srv/stage/n1.log' },
    ]);
    stop.abort();
  });
});
