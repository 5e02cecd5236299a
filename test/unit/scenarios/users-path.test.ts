import { describe, expect, test } from 'vitest';
import { labPath } from '../../../src/cli/lab-path.ts';
import type { NodeState } from '../../../src/core/node.ts';
import type { Drill } from '../../../src/core/scenario.ts';
import { apiProbe } from '../../../src/scenarios/common.ts';
import { type PathNode, withUsersPath } from '../../../src/scenarios/users-path.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';
import { SimCluster } from '../../support/sim-cluster.ts';
import { simDrill } from '../../support/sim-drill.ts';
import { SimWorld } from '../../support/sim-world.ts';
import { tinyLab } from '../../support/tiny-lab.ts';

const TARGET = 'GET http://127.0.0.1:18080/api/v1/health';
const REFUSED: Said = { fails: 'refused' };
const HEALTHY: Said = { body: '{"status":"healthy","components":{"database":{"status":"healthy"}}}' };

function nodeIn(state: NodeState, name = 'haproxy'): PathNode {
  return { name, state, detail: 'no process', start: `gameday lab start ${name}` };
}

/** What a drill's preflight says where users meet this, and later perhaps something else, and these nodes are on their way. */
async function checks(said: Said, path: readonly PathNode[], later: Said = said) {
  const world = new SimWorld();
  const http = scriptedHttp(() => (http.asked.length > 1 ? later : said));
  const drill = simDrill(new SimCluster(world.clock, { nodes: ['pg-1', 'pg-2'], alertAfterMs: 1_000 }));
  const probe = apiProbe({ http }, { url: 'http://127.0.0.1:18080', connection: 'fresh' });
  const watched = withUsersPath(world, { ...drill, probes: [probe] }, async (target) =>
    target === TARGET ? path : [],
  );
  const began = world.clock.now();
  const seen = await world.run(() => watched.preflight(new AbortController().signal));
  return {
    seen: seen.slice((await drill.preflight(new AbortController().signal)).length),
    ms: world.clock.now() - began,
    looks: http.asked.length,
  };
}

async function hanging() {
  const world = new SimWorld();
  const drill = simDrill(new SimCluster(world.clock, { nodes: ['pg-1', 'pg-2'], alertAfterMs: 1_000 }));
  const probe = {
    ...apiProbe({ http: scriptedHttp(() => REFUSED) }, { url: 'http://127.0.0.1:18080', timeout: 60_000 }),
    sample: () => new Promise<never>(() => undefined),
  };
  const quiet: Drill = { ...drill, preflight: async () => [], probes: [probe] };
  const watched = withUsersPath(world, quiet, async () => [nodeIn('down')]);
  const began = world.clock.now();
  const seen = await world.run(() => watched.preflight(new AbortController().signal));
  return { seen, ms: world.clock.now() - began };
}

describe('before the long wait, a look at what users use', () => {
  test('a balancer that is down is named soon, with what starts it', async () => {
    const { seen, ms, looks } = await checks(REFUSED, [nodeIn('down'), nodeIn('up', 'api-1')]);
    expect(seen).toEqual([
      {
        name: 'node haproxy',
        status: 'blocked',
        detail: expect.stringMatching(/^haproxy is down \(no process\), and users go through it: GET http.*refused/),
        hint: 'start it: gameday lab start haproxy',
      },
    ]);
    expect(looks).toBe(2);
    expect(ms).toBeLessThan(2_000);
  });

  test.each([
    ['refused', REFUSED],
    ['not found', { fails: 'unreachable' }],
    ['answered badly', { status: 503 }],
  ] as const)('what was %s for a moment blocks nothing', async (_what, said) => {
    const path = 'status' in said ? [nodeIn('down', 'api-2')] : [];
    const { seen, ms } = await checks(said, path, HEALTHY);
    expect(seen).toEqual([]);
    expect(ms).toBeGreaterThanOrEqual(1_000);
  });

  test('where users are served, a node that is down on their way blocks nothing, and nobody looks again', async () => {
    const degraded = { body: '{"status":"degraded","components":{"cache":{"status":"degraded"}}}' };
    for (const said of [HEALTHY, degraded, { status: 429 }]) {
      const { seen, looks } = await checks(said, [nodeIn('up'), nodeIn('down', 'api-2')]);
      expect(seen).toEqual([]);
      expect(looks).toBe(1);
    }
  });

  test('a server that hangs is given up on before the preflight is', async () => {
    const { seen, ms } = await hanging();
    expect(seen).toMatchObject([{ name: 'node haproxy', status: 'blocked' }]);
    expect(ms).toBe(17_000);
  });

  test('where nobody knows the nodes, a refused connection is enough, and a bad answer is not', async () => {
    expect((await checks(REFUSED, [])).seen).toMatchObject([
      {
        name: 'api',
        status: 'blocked',
        detail: expect.stringContaining(TARGET),
        hint: expect.stringContaining('scenarios.A.api.url'),
      },
    ]);
    expect((await checks({ status: 503 }, [])).seen).toEqual([]);
  });

  test('a bad answer is waited for unless a node on the way is down; the drill’s own nodes are named elsewhere', async () => {
    const bad: Said = { status: 503 };
    expect((await checks(bad, [nodeIn('up'), nodeIn('starting', 'api-1')])).seen).toEqual([]);
    expect((await checks(bad, [nodeIn('down', 'pg-1')])).seen).toEqual([]);
    expect((await checks(bad, [nodeIn('up'), nodeIn('down', 'api-1')])).seen).toMatchObject([{ name: 'node api-1' }]);
  });
});

test('in the lab the nodes of the stack that has the port are on the way', async () => {
  const world = new SimWorld();
  world.processes.list = async () => [];
  await world.run(async () => {
    const tiny = await tinyLab(world, '/srv/lab');
    const [first, second] = tiny.nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    const other = { ...second, name: 'redis-1', stack: 'redis' };
    const lab = { ...tiny, nodes: [{ ...first, name: 'haproxy', ports: { http: 18_080 } }, second, other] };
    const find = labPath(world, lab);
    const signal = new AbortController().signal;
    expect(await find(TARGET, signal)).toEqual([
      { name: 'haproxy', state: 'down', detail: 'no process', start: 'gameday lab start haproxy --lab-dir /srv/lab' },
      { name: 'n2', state: 'down', detail: 'no process', start: 'gameday lab start n2 --lab-dir /srv/lab' },
    ]);
    expect(await find('GET http://127.0.0.1:1/', signal)).toEqual([]);
  });
});
