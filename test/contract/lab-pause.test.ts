import { expect, test } from 'vitest';
import type { LabState } from '../../src/core/lab-state.ts';
import { createLabPlatform } from '../../src/platforms/lab.ts';
import { tinyLab } from '../support/tiny-lab.ts';
import { realHarness } from '../support/world-harness.ts';

/**
 * A shell that starts programs all the time, and whose children go through half a million folders first: it is mostly
 * caught in vfork, where a parent waits for its child and cannot be stopped.
 */
const BUSY = `
many=/x:
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do many=$many$many; done
PATH=$many/bin:/usr/bin
while :; do sleep 0.01; done
`;
const TIMES = 15;

test('a node that is just starting a program is paused all the same', () =>
  realHarness.play(async ({ world, folder }) => {
    const tiny = await tinyLab(world, folder);
    const state: LabState = {
      ...tiny,
      nodes: tiny.nodes.map((node) => ({
        ...node,
        processes: node.processes.map((one) => ({ ...one, args: ['-c', BUSY] })),
      })),
    };
    const ref = { name: 'n1', platform: 'lab', labels: {} };
    const platform = createLabPlatform(world, state);
    const soon = () => ({ signal: AbortSignal.timeout(3_000) });
    await platform.start(ref, soon());
    try {
      for (let turn = 0; turn < TIMES; turn += 1) {
        await platform.pause(ref, soon());
        expect((await platform.inspect(ref, soon().signal)).state).toBe('paused');
        await platform.resume(ref, soon());
        expect((await platform.inspect(ref, soon().signal)).state).toBe('up');
      }
    } finally {
      await platform.stop(ref, { signal: AbortSignal.timeout(10_000) });
    }
  }));
