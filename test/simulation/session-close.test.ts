import { describe, expect, it } from 'vitest';
import type { GamedayError } from '../../src/core/errors.ts';
import type { AppendFile } from '../../src/world/world.ts';
import { ofType, runSim, type SimSetup, why } from '../support/sim-session.ts';

/** Changes what the journal's file does. */
function overJournal({ world }: SimSetup, change: (file: AppendFile) => Partial<AppendFile>): void {
  const open = world.fs.openAppend.bind(world.fs);
  world.fs.openAppend = async (path, mode) => {
    const file = await open(path, mode);
    return path.endsWith('journal.jsonl') ? { ...file, ...change(file) } : file;
  };
}

function isOf(bytes: Uint8Array, type: string): boolean {
  return Buffer.from(bytes).includes(`"type":"${type}"`);
}

const noRoomFor =
  (type: string) =>
  (file: AppendFile): Partial<AppendFile> => ({
    async write(bytes) {
      if (isOf(bytes, type)) throw new Error('ENOSPC: no space left');
      await file.write(bytes);
    },
  });

describe('a journal that cannot be sealed', () => {
  it.each(['a session that is refused', 'a session that has its verdict'])(
    'is told, and is exit 4: %s',
    async (which) => {
      const run = await runSim({
        arrange: (setup) => {
          if (which.endsWith('refused')) setup.cluster.stop('n3');
          overJournal(setup, noRoomFor('session.sealed'));
        },
      });
      expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
      expect(run.told).toMatchObject([{ message: expect.stringContaining('ENOSPC') }]);
      expect(run.records.at(-1)?.type).not.toBe('session.sealed');
      expect(run.cluster.down()).toEqual(which.endsWith('refused') ? ['n3'] : []);
      const { message } = run.error as GamedayError;
      if (which.endsWith('refused')) expect(message).not.toContain('restored');
      else expect(message).toMatch(/; every node that it broke has been restored$/);
    },
  );

  it.each(['session.sealed', 'session.ended'])(
    'hides no refusal: what an earlier session left down is told with its command (no room for %s)',
    async (type) => {
      const run = await runSim({
        leftovers: [
          {
            name: 'leftovers',
            status: 'blocked',
            detail: 'n3 is down: session zero broke it',
            hint: 'gameday recover zero',
          },
        ],
        arrange: (setup) => {
          setup.cluster.stop('n3');
          overJournal(setup, noRoomFor(type));
        },
      });
      expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
      const { message, hint } = run.error as GamedayError;
      expect(message).toMatch(
        /^refused before the first fault, nothing was broken:\n {2}n3 is down: session zero broke it\nand the journal \S+ could not be sealed: ENOSPC/,
      );
      expect(message).not.toContain('restored');
      expect(hint).toMatch(/^gameday recover zero\n +make room or mend the disk/);
      expect(run.platform.commands).toEqual([]);
    },
  );
});

describe('a journal that is sealed', () => {
  it('is none that was lost when it cannot be read back', async () => {
    const run = await runSim({
      arrange: (setup) => {
        let sealed = false;
        let reads = 0;
        overJournal(setup, (file) => ({
          async write(bytes) {
            sealed ||= isOf(bytes, 'session.sealed');
            await file.write(bytes);
          },
        }));
        // Once: the test reads it too.
        setup.world.fs.fault = ({ kind }) => {
          if (!sealed || kind !== 'read') return undefined;
          reads += 1;
          return reads === 1 ? { code: 'EIO' } : undefined;
        };
      },
    });
    expect(run.error).toMatchObject({ message: expect.stringContaining('could not be read') });
    expect(run.told).toEqual([]);
  });
});

it('a second signal while the first one is being written, right before the seal, costs no healthy session its verdict', async () => {
  const run = await runSim({
    arrange: (setup) => {
      const { world } = setup;
      overJournal(setup, (file) => ({
        async write(bytes) {
          if (isOf(bytes, 'session.ended')) world.signals.raise('SIGINT');
          if (isOf(bytes, 'interrupted')) {
            await world.clock.sleep(5);
            world.signals.raise('SIGINT');
          }
          await file.write(bytes);
        },
      }));
    },
  });
  expect(run.told).toEqual([]);
  expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  expect(ofType(run.records, 'interrupted').map(({ count }) => count)).toEqual([1]);
  expect(run.records.at(-1)?.type).toBe('session.sealed');
});

it('a signal after the seal of a refused session is no journal that was lost', async () => {
  const run = await runSim({
    arrange: ({ world, cluster }) => {
      cluster.stop('n3');
      let signalled = false;
      const open = world.fs.openAppend.bind(world.fs);
      world.fs.openAppend = async (path, mode) => {
        const file = await open(path, mode);
        return {
          ...file,
          async close() {
            if (!signalled) {
              signalled = true;
              world.signals.raise('SIGTERM');
              await Promise.resolve();
            }
            await file.close();
          },
        };
      };
    },
  });
  expect(run.error).toMatchObject({ exitCode: 3 });
  expect(run.records.at(-1)?.type).toBe('session.sealed');
  expect(run.told).toEqual([]);
});

describe('a session tells that it is closed, its lock still held', () => {
  it.each([
    ['its verdict stands', () => undefined, 1],
    ['it is refused', ({ cluster }: SimSetup) => cluster.stop('n3'), 1],
    ['a node stays down: never', ({ platform }: SimSetup) => platform.starts.push(...Array(99).fill('fail')), 0],
    ['it cannot be sealed: never', (setup: SimSetup) => overJournal(setup, noRoomFor('session.sealed')), 0],
  ] as const)('%s', async (_when, arrange, times) => {
    const seen: unknown[] = [];
    const run = await runSim({
      arrange,
      onClosed: ({ world }) => seen.push(world.locks.isHeld('/srv/lock')),
    });
    expect(seen).toEqual(Array(times).fill(true));
    if (times === 1) expect(run.records.at(-1)?.type).toBe('session.sealed');
  });
});
