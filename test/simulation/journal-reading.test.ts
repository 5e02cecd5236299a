import { describe, expect, it } from 'vitest';
import { journalReading } from '../../src/cli/journal-reading.ts';
import { keepGuard, LEASE_MS } from '../../src/engine/index.ts';
import { isOutOfTime } from '../../src/world/await.ts';
import { JOURNAL, recordedSession } from '../support/sim-recovery.ts';
import { SimWorld } from '../support/sim-world.ts';

const FOLDER = '/srv/sessions/one';

/** A journal with a node that is down, on a disk that answers each read so late. */
async function onDisk(answersAfterMs: number) {
  const { until } = await recordedSession();
  const world = new SimWorld();
  await world.fs.makeFolder(FOLDER);
  await world.fs.write(JOURNAL, until('fault.proven'));
  const said: string[] = [];
  const disk = { reads: 0 };
  const readBytes = world.fs.readBytes.bind(world.fs);
  world.fs.readBytes = async (path) => {
    disk.reads += 1;
    await world.clock.sleep(answersAfterMs);
    return readBytes(path);
  };
  return {
    world,
    said,
    disk,
    read: journalReading({ world, folder: FOLDER, session: 'one', say: (line) => void said.push(line) }),
  };
}

describe('whoever reads a journal on a disk that hangs', () => {
  it('begins one read only, says at a slow pace what it waits for, and takes the answer when it comes', async () => {
    const { world, said, disk, read } = await onDisk(610_000);
    const left = await world.run(async () => {
      for (;;) {
        try {
          return await read();
        } catch (error) {
          expect(isOutOfTime(error)).toBe(true);
        }
      }
    });
    expect(left?.armed.map(({ undo }) => undo.node.name)).toEqual(['n1']);
    expect(disk.reads).toBe(1);
    const waits = said.filter((line) => line.includes(`waiting for the disk of ${FOLDER}`));
    expect(waits).toHaveLength(3);
    expect(said).toContain('look at the nodes now: gameday doctor');
    const { pid } = world.processes.self;
    expect(said.slice(1, 6)).toEqual([
      `waiting for the disk of ${FOLDER}, however long: this guard restores as soon as it answers`,
      'look at the nodes now: gameday doctor',
      'meanwhile start by hand what is down: "Recovery" in the runbook',
      `only if that disk never comes back: kill -KILL ${pid}`,
      `then, once the folder can be read again: gameday recover ${FOLDER}`,
    ]);
  });

  it('takes an answer that came while the guard paused between two looks', async () => {
    // A look is given up after 15 s and the next begins 2 s later.
    const { world, disk, read } = await onDisk(16_000);
    world.processes.alive = async () => false;
    const began = world.clock.now();
    const recovered = await world.run(() =>
      keepGuard({
        world,
        tool: { pid: 77, startTime: '1' },
        leash: { onRenew: () => undefined, ended: Promise.resolve('gone' as const) },
        leaseMs: LEASE_MS,
        lock: async () => ({ release: async () => undefined }),
        recover: async () => {
          const left = await read();
          const restored = (left?.armed ?? []).map(({ undo }) => undo.node.name);
          return { acted: true, restored, notRestored: [] };
        },
      }),
    );
    expect(recovered).toMatchObject({ restored: ['n1'] });
    expect(disk.reads).toBe(1);
    expect(world.clock.now() - began).toBeLessThan(20_000);
  });

  it('reads anew after a read that failed, late or not', async () => {
    const { world, disk, read } = await onDisk(16_000);
    const { readBytes } = world.fs;
    world.fs.readBytes = async (path) => {
      const bytes = await readBytes(path);
      if (disk.reads === 1) throw new Error('EIO');
      return bytes;
    };
    await world.run(async () => {
      await expect(read()).rejects.toThrow('could not be read');
      await world.clock.sleep(2_000);
      await expect(read()).rejects.toThrow('could not be read');
      expect(disk.reads).toBe(1);
      await expect(read()).rejects.toThrow('could not be read');
      await world.clock.sleep(2_000);
      expect((await read())?.armed).toHaveLength(1);
    });
    expect(disk.reads).toBe(2);
  });

  it('reads anew after each answer', async () => {
    const { world, said, disk, read } = await onDisk(10);
    await world.run(async () => {
      await read();
      await read();
    });
    expect(disk.reads).toBe(2);
    expect(said).toEqual([]);
  });
});
