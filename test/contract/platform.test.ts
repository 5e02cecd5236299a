import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NodeRef, NodeState } from '../../src/core/node.ts';
import type { Platform } from '../../src/core/platform.ts';
import { createLabPlatform } from '../../src/platforms/lab.ts';
import { until } from '../../src/world/await.ts';
import type { World } from '../../src/world/world.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { SimPlatform } from '../support/sim-platform.ts';
import { livingOf, tinyLab } from '../support/tiny-lab.ts';
import { realHarness, simHarness } from '../support/world-harness.ts';

interface Stage {
  readonly world: World;
  readonly platform: Required<Pick<Platform, 'stop' | 'start' | 'logs'>> & Platform;
  /** Both down at first. */
  readonly nodes: readonly [NodeRef, NodeRef];
  /** Makes the first node write a line to its log. */
  write(line: string): Promise<void>;
  /** What still lives, for a platform of real processes. */
  living(): Promise<readonly string[]>;
}

type Play = (test: (stage: Stage) => Promise<void>) => Promise<void>;

const ref = (name: string, platform: string): NodeRef => ({ name, platform, labels: { node: name } });
const SIGNAL = (): AbortSignal => AbortSignal.timeout(10_000);

const simulated: Play = (run) =>
  simHarness.play(async ({ world }) => {
    const cluster = new SimCluster(world.clock, { nodes: ['n1', 'n2'], alertAfterMs: 1_000 });
    for (const name of ['n1', 'n2']) cluster.stop(name);
    await run({
      world,
      platform: new SimPlatform(cluster),
      nodes: [ref('n1', 'sim'), ref('n2', 'sim')],
      write: async (line) => void cluster.logLines.push(line),
      living: async () => [],
    });
  });

const lab: Play = (run) =>
  realHarness.play(async ({ world, folder }) => {
    const state = await tinyLab(world, folder);
    const platform = createLabPlatform(world, state);
    const nodes = [ref('n1', 'lab'), ref('n2', 'lab')] as const;
    try {
      await run({
        world,
        platform,
        nodes,
        write: async (line) => {
          const file = await world.fs.openAppend(join(folder, 'n1.log'));
          await file.write(new TextEncoder().encode(`${line}\n`));
          await file.close();
        },
        living: () => livingOf(world, state),
      });
    } finally {
      for (const node of nodes) await platform.stop(node, { signal: SIGNAL() });
    }
  });

describe.each([
  ['simulated', simulated],
  ['lab', lab],
] as const)('platform: %s', (_name, play) => {
  const stateOf = async ({ platform }: Stage, node: NodeRef): Promise<NodeState> =>
    (await platform.inspect(node, SIGNAL())).state;

  test('a node that was started is up, and a second start changes nothing', () =>
    play(async (stage) => {
      const [node] = stage.nodes;
      expect(await stateOf(stage, node)).toBe('down');
      await stage.platform.start(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('up');
      const before = (await stage.platform.inspect(node, SIGNAL())).detail;
      await stage.platform.start(node, { signal: SIGNAL() });
      expect(await stage.platform.inspect(node, SIGNAL())).toEqual({ state: 'up', detail: before });
    }));

  test('a node that was stopped is down when stop resolves, and a second stop is no error', () =>
    play(async (stage) => {
      const [node, other] = stage.nodes;
      for (const one of stage.nodes) await stage.platform.start(one, { signal: SIGNAL() });
      await stage.platform.stop(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('down');
      expect(await stateOf(stage, other)).toBe('up');
      await stage.platform.stop(node, { signal: SIGNAL() });
      await stage.platform.stop(other, { signal: SIGNAL() });
      expect(await stage.living()).toEqual([]);
    }));

  test('a node can be started again after a stop', () =>
    play(async (stage) => {
      const [node] = stage.nodes;
      await stage.platform.start(node, { signal: SIGNAL() });
      await stage.platform.stop(node, { signal: SIGNAL() });
      await stage.platform.start(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('up');
    }));

  test('the log gives lines that were written after the call, and no others', () =>
    play(async (stage) => {
      const [node] = stage.nodes;
      await stage.write('before');
      const following = new AbortController();
      const seen: string[] = [];
      const done = (async () => {
        for await (const { text } of stage.platform.logs(node, following.signal)) {
          seen.push(text);
          if (seen.length === 2) following.abort();
          else await stage.write('second');
        }
      })();
      // Long enough for both to have looked at the end of their log.
      await stage.world.clock.sleep(300);
      await stage.write('first');
      await done;
      expect(seen).toEqual(['first', 'second']);
    }));

  test('a node that does not exist is named in the error', () =>
    play(async ({ platform }) => {
      const stranger = ref('stranger', platform.id);
      await expect((async () => platform.inspect(stranger, SIGNAL()))()).rejects.toThrow('stranger');
      await expect((async () => platform.stop(stranger, { signal: SIGNAL() }))()).rejects.toThrow('stranger');
      await expect((async () => platform.start(stranger, { signal: SIGNAL() }))()).rejects.toThrow('stranger');
    }));

  test('every action can be told to a person', () =>
    play(async ({ platform, nodes: [node] }) => {
      for (const action of ['stop', 'start', 'pause', 'resume'] as const) {
        expect(platform.byHand(action, node)).toContain(node.name);
      }
    }));

  test('a paused node is paused, and up again after resume', () =>
    play(async (stage) => {
      const { platform, nodes } = stage;
      // A platform without the capability must not have the method; then there is nothing to hold it to.
      if (platform.pause === undefined || platform.resume === undefined) {
        expect([platform.pause, platform.resume]).toEqual([undefined, undefined]);
        return;
      }
      const [node] = nodes;
      await platform.start(node, { signal: SIGNAL() });
      await platform.pause(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('paused');
      await platform.resume(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('up');
      await platform.pause(node, { signal: SIGNAL() });
      await platform.stop(node, { signal: SIGNAL() });
      expect(await stateOf(stage, node)).toBe('down');
    }));
});

describe('platform: lab, what only real processes do', () => {
  test('a stop takes every orphan along, also one that has lost its environment', () =>
    lab(async ({ world, platform, nodes: [node], living }) => {
      await platform.start(node, { signal: SIGNAL() });
      await until(world.clock, { everyMs: 10, signal: SIGNAL() }, async () =>
        (await living()).length >= 6 ? true : undefined,
      );
      expect((await living()).length).toBeGreaterThanOrEqual(6);
      await platform.stop(node, { signal: SIGNAL() });
      expect(await living()).toEqual([]);
    }));

  test('a node that has lost its main process is not up, and a start clears its remains away first', () =>
    lab(async ({ world, platform, nodes: [node], living }) => {
      await platform.start(node, { signal: SIGNAL() });
      await until(world.clock, { everyMs: 10, signal: SIGNAL() }, async () =>
        (await living()).length >= 6 ? true : undefined,
      );
      const before = await living();
      const main = (await platform.inspect(node, SIGNAL())).detail.match(/^\d+/)?.[0];
      world.processes.kill(Number(main), 'SIGKILL');
      await until(world.clock, { everyMs: 10, signal: SIGNAL() }, async () =>
        (await platform.inspect(node, SIGNAL())).state === 'up' ? undefined : true,
      );
      const seen = await platform.inspect(node, SIGNAL());
      expect(seen.state).toBe('starting');
      expect(seen.detail).toContain('server not running');
      await platform.start(node, { signal: SIGNAL() });
      expect((await platform.inspect(node, SIGNAL())).state).toBe('up');
      expect((await living()).filter((one) => before.includes(one))).toEqual([]);
    }));

  test("a person's shell in the node's folder is left alone", () =>
    lab(async ({ world, platform, nodes: [node, other] }) => {
      await platform.start(node, { signal: SIGNAL() });
      const info = await world.processes.info(
        Number((await platform.inspect(node, SIGNAL())).detail.match(/^\d+/)?.[0]),
      );
      const cwd = await world.processes.cwd(info?.pid ?? 0);
      expect(cwd).toContain(node.name);
      const shell = await world.processes.startDetached('sleep', ['600'], {
        cwd: cwd ?? '',
        env: {},
        logFile: '/dev/null',
      });
      try {
        await platform.stop(node, { signal: SIGNAL() });
        await platform.stop(other, { signal: SIGNAL() });
        expect(await world.processes.alive(shell)).toBe(true);
      } finally {
        world.processes.kill(shell.pid, 'SIGKILL');
      }
    }));

  test('a log that was truncated is read from its start', () =>
    realHarness.play(async ({ world, folder }) => {
      const state = await tinyLab(world, folder);
      const path = join(folder, 'n1.log');
      await world.fs.write(path, 'a long line that stands there already\n');
      const following = new AbortController();
      const lines = createLabPlatform(world, state).logs(ref('n1', 'lab'), following.signal)[Symbol.asyncIterator]();
      const first = lines.next();
      await world.clock.sleep(50);
      await world.fs.write(path, 'short\n');
      expect((await first).value).toEqual({ text: 'short' });
      following.abort();
    }));
});
