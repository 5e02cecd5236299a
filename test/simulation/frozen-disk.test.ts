import { describe, expect, it } from 'vitest';
import { recoverAndKeep } from '../../src/cli/recovery.ts';
import { openSessionLog } from '../../src/cli/session-log.ts';
import type { GamedayError } from '../../src/core/errors.ts';
import { leftBehind } from '../../src/engine/index.ts';
import { type Setup, session } from '../support/canary-session.ts';
import type { SimPlatform } from '../support/sim-platform.ts';
import { JOURNAL, recordedSession, recoverSim } from '../support/sim-recovery.ts';
import { ofType, runSim, why } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

const FOLDER = '/srv/sessions/one';
/** Whoever waits for a person's hands must not wait much longer than the undo itself. */
const SOON_MS = 120_000;

function nothingStarts(platform: SimPlatform): void {
  platform.starts.push(...Array.from({ length: 500 }, () => 'no-effect' as const));
}

/** From the moment on in which something is written that this fits. */
function freezeAt(world: SimWorld, what: (path: string, kind: string) => boolean): { at: number | undefined } {
  const frozen: { at: number | undefined } = { at: undefined };
  world.fs.fault = ({ kind, path }) => {
    if (frozen.at === undefined && what(path, kind)) {
      frozen.at = world.clock.now();
      world.fs.frozen = true;
    }
    return undefined;
  };
  return frozen;
}

describe('a disk that stops answering while a node is down', () => {
  it('and an undo that fails too: the node and its command are told, and the session ends with exit 5', async () => {
    let endedMs = Number.POSITIVE_INFINITY;
    const run = await runSim({
      arrange: ({ world, cluster, platform }) => {
        nothingStarts(platform);
        const frozen = freezeAt(world, () => cluster.down().length > 0);
        world.locks.acquire = async () => ({
          held: {
            release: async () => {
              endedMs = world.clock.now() - (frozen.at ?? 0);
            },
          },
        });
      },
    });
    expect(run.told).toEqual([
      expect.objectContaining({ message: expect.stringContaining('no result within') }),
      expect.objectContaining({ node: 'n1', byHand: 'sim start n1' }),
    ]);
    expect(run.error).toMatchObject({ code: 'not-restored', exitCode: 5 });
    expect((run.error as GamedayError).hint).toContain('sim start n1');
    expect(endedMs).toBeLessThan(SOON_MS);
  });

  it('and an undo that works: the loss of the journal is told, no verdict is claimed', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) => void freezeAt(world, () => cluster.down().length > 0),
    });
    expect(run.cluster.down()).toEqual([]);
    expect(run.told).toHaveLength(1);
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
  });

  it('gameday run says so and exits with 5', async () => {
    const ended = await session({
      arrange: ({ world, platform }: Setup) => {
        nothingStarts(platform);
        freezeAt(
          world,
          (path, kind) => kind === 'append' && path.endsWith('journal.jsonl') && platform.commands.length > 0,
        );
      },
    });
    expect(ended.exit).toBe(5);
    const text = ended.world.tty.err.text;
    expect(text).toMatch(/^the journal cannot be written: .*; any restore goes on without it\. .*gameday doctor$/m);
    expect(text).toMatch(/n1 is NOT RESTORED: .*Type this now:\n {4}sim start n1\n/);
    expect(text.indexOf('NOT RESTORED')).toBeLessThan(text.indexOf('error: '));
  });
});

it('a disk that stops answering when the report is written: the node that is down is told before, and the exit code stays', async () => {
  const ended = await session({
    arrange: ({ world, platform }) => {
      nothingStarts(platform);
      freezeAt(world, (path) => path.endsWith('report.md'));
    },
  });
  expect(ended.exit).toBe(5);
  expect(ended.world.tty.err.text).toMatch(/NOT RESTORED.*\n {4}sim start n1\n/);
  expect(ended.world.tty.err.text).toContain('the report could not be written');
});

it('a disk that stops answering when the journal is read back keeps no run for ever', async () => {
  const ended = await session({
    arrange: ({ world, platform }) => {
      freezeAt(
        world,
        (path, kind) => kind === 'read' && path.endsWith('journal.jsonl') && platform.commands.includes('start n1'),
      );
    },
  });
  expect(ended.exit).toBe(4);
});

it('an inbox that hangs at the end is left: the drill has its verdict, and the journal says so', async () => {
  const run = await runSim({
    arrange: ({ world }) => {
      world.fs.list = () => new Promise(() => undefined);
    },
  });
  expect(run.result?.judgement.verdict, why(run)).toBe('PASS');
  expect(ofType(run.records, 'note').map((note) => note.text)).toEqual([
    expect.stringMatching(/^the inbox did not answer for 15s/),
  ]);
});

it('a session.log that hangs is not waited for for ever', async () => {
  const world = new SimWorld();
  await world.fs.makeFolder(FOLDER);
  const { records } = await runSim();
  await world.run(async () => {
    const log = await openSessionLog(world, FOLDER);
    world.fs.frozen = true;
    for (const record of records) log.add(record);
    expect(await log.close()).toMatch(/no result/);
  });
});

describe('whoever recovers', () => {
  it('on a disk that stops answering tells the node that it cannot restore, and ends', async () => {
    const { until } = await recordedSession();
    const { recovered, told } = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      arrange({ world, platform }) {
        nothingStarts(platform);
        freezeAt(world, (_, kind) => kind === 'open');
      },
    });
    expect(told).toEqual([expect.objectContaining({ node: 'n1', byHand: 'sim start n1' })]);
    expect(recovered.notRestored).toEqual(told);
    expect(recovered.journalFailure?.message).toMatch(/no result/);
  });

  it('on a disk that stops answering still restores', async () => {
    const { until } = await recordedSession();
    const { recovered, cluster } = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      arrange: ({ world }) => void freezeAt(world, (_, kind) => kind === 'open'),
    });
    expect(recovered.restored).toEqual(['n1']);
    expect(cluster.down()).toEqual([]);
  });

  it('tells it before the log and the report are written, and waits for neither for ever', async () => {
    const { until } = await recordedSession();
    const world = new SimWorld();
    world.processes.alive = async () => false;
    await world.fs.makeFolder(FOLDER);
    await world.fs.write(JOURNAL, until('fault.proven'));
    let text = '';
    await world.run(async () => {
      const left = await leftBehind(world, FOLDER);
      if (left === undefined) throw new Error('there is a journal');
      freezeAt(world, (path, kind) => kind === 'append' && path.endsWith('session.log'));
      const { recovered, session: kept } = await recoverAndKeep(world, {
        folder: FOLDER,
        lockPath: '/srv/lock',
        left,
        origin: 'guard',
        reason: 'the tool died',
        platforms: async () => new Map(),
        ledgers: async () => new Map(),
        onRecord: () => undefined,
        warn(line) {
          text += line;
        },
      });
      expect(recovered.notRestored).toMatchObject([{ node: 'n1' }]);
      expect(kept).toBeUndefined();
    });
    expect(text).toMatch(/^n1 is NOT RESTORED: .*Type this now:\n {4}sim start n1\n/);
    expect(text).toContain('session.log is not complete');
  });

  it('does not wait for ever for a journal that cannot be read, so that the lock falls free', async () => {
    const world = new SimWorld();
    world.fs.frozen = true;
    await world.run(() => expect(leftBehind(world, FOLDER)).rejects.toThrow(`${JOURNAL} could not be read`));
  });
});
