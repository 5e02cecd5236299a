import { describe, expect, it } from 'vitest';
import { journalReading } from '../../src/cli/journal-reading.ts';
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
