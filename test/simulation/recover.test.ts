import { beforeAll, describe, expect, it } from 'vitest';
import { isBulk } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { armedFaults } from '../../src/journal/view.ts';
import {
  expectConsistent,
  JOURNAL,
  type RecordedSession,
  recordedSession,
  recoverSim,
  type SimRecovery,
} from '../support/sim-recovery.ts';
import { ofType, runSim } from '../support/sim-session.ts';

/** Hundreds of recoveries, each of which reads and judges a whole journal. */
const LONG_MS = 60_000;

let whole: Buffer;
let ends: readonly number[];
let until: RecordedSession['until'];

beforeAll(async () => {
  ({ whole, ends, until } = await recordedSession());
});

/** Nodes that are down when the journal stops there: asked to stop, and not restored. A tool that dies after the request may have stopped it. */
function downAt(journal: Uint8Array): readonly string[] {
  return armedFaults(foldJournal(readJournal(journal).records))
    .filter((fault) => fault.requested !== undefined)
    .map((fault) => fault.node.name);
}

describe('a session whose tool died', () => {
  it(
    'anywhere: what was broken is up, the journal is closed, and nobody calls it PASS',
    async () => {
      expect(ends.length).toBeGreaterThan(100);
      const types = readJournal(whole).records.map(({ type }) => type);
      for (const [index, end] of ends.entries()) {
        // Of the many lines that change nothing, some; the last is the seal.
        if (index === 0 || index === ends.length - 1 || (isBulk(types[index] ?? 'note') && index % 24 !== 0)) continue;
        const journal = whole.subarray(0, end);
        const down = downAt(journal);
        // Some of them are found only after the machine was started anew.
        const run = await recoverSim({ journal, down, otherBoot: index % 3 === 0 });
        const where = `cut after line ${index + 1}`;
        expect(run.cluster.down(), where).toEqual([]);
        expect(run.recovered, where).toMatchObject({ acted: true, notRestored: [] });
        expect(run.recovered.journalFailure, where).toBeUndefined();
        expect(run.recovered.head, where).toBe(run.content.head);
        expect(run.judgement.verdict, `${where}: ${run.judgement.headline}`).toBe('INCONCLUSIVE');
        expect(run.judgement.exit, where).toBe(3);
        expectConsistent(run);
        // Only what was broken is touched.
        expect(run.platform.commands, where).toEqual(down.map((node) => `start ${node}`));
      }
    },
    LONG_MS,
  );

  it(
    'in the middle of a line: the next writer vouches for what is left of it',
    async () => {
      for (const [index, end] of ends.entries()) {
        const from = ends[index - 1];
        if (from === undefined || index % 53 !== 0) continue;
        // A line that lacks its newline alone is whole, and needs nobody to vouch for it.
        for (const [cut, problems] of [
          [from + 1, ['crash']],
          [Math.floor((from + end) / 2), ['crash']],
          [end - 1, []],
        ] as const) {
          const journal = whole.subarray(0, cut);
          const run = await recoverSim({ journal, down: downAt(journal) });
          expect(run.cluster.down()).toEqual([]);
          expect(run.content.problems.map(({ kind }) => kind)).toEqual(problems);
          expectConsistent(run);
        }
      }
    },
    LONG_MS,
  );

  it(
    'and then whoever recovered died too, at any line of its own: the next one brings it to its end',
    async () => {
      const journal = until('fault.proven');
      const first = await recoverSim({ journal, down: ['n1'] });
      const added = Buffer.from(first.bytes);
      for (let cut = journal.length; cut < added.length - 1; cut += 101) {
        const left = added.subarray(0, cut);
        const run = await recoverSim({ journal: left, down: downAt(left) });
        expect(run.cluster.down()).toEqual([]);
        expect(run.judgement.verdict).toBe('INCONCLUSIVE');
        expectConsistent(run);
      }
    },
    LONG_MS,
  );

  it('before its first line was whole, and so did the next one: nothing had been broken', async () => {
    const first = whole.subarray(0, ends[0]);
    for (const cuts of [[1], [20, 1], [150, 150], [150, 0, 30], [5, 5, 5]]) {
      const journal = Buffer.concat(cuts.flatMap((cut) => [first.subarray(0, cut), Buffer.from('\n')]).slice(0, -1));
      const run = await recoverSim({ journal, down: [] });
      expect(run.view.notes.at(-1)?.text, `cuts ${cuts}`).toBe('nothing had been broken');
      expect(run.content.problems.map(({ kind }) => kind)).toEqual(['crash']);
      expect(run.platform.commands).toEqual([]);
    }
  });

  it('in a journal of which no line can be read is not said to have broken nothing', async () => {
    const damaged = whole.subarray(0, ends[3]).toString().replaceAll('"v"', '"v');
    const lines = damaged.split('\n');
    for (const journal of [damaged, lines.slice(1).join('\n'), 'no journal at all\n', `${lines[0]}\nx`])
      await expect(recoverSim({ journal: Buffer.from(journal), down: [] })).rejects.toMatchObject({
        code: 'nothing-to-recover',
      });
  });

  it('says who took over and why, what is restored, and what was not looked at', async () => {
    const run = await recoverSim({ journal: until('fault.proven'), down: ['n1'] });
    expect(run.recovered.restored).toEqual(['n1']);
    expect(run.view.takeovers).toMatchObject([{ by: 'recover', reason: 'the tool died' }]);
    expect(run.judgement.headline).toContain('the tool died');
    expect(run.view.notes.at(-1)?.text).toBe('restored: n1; healed: not looked at, run gameday doctor');
  });
});

describe('a second recover', () => {
  it('changes nothing', async () => {
    const first = await recoverSim({ journal: until('fault.proven'), down: ['n1'] });
    const second = await recoverSim({ journal: first.bytes, down: [] });
    expect(second.recovered).toEqual({ acted: false, restored: [], notRestored: [], head: first.content.head });
    expect(second.bytes).toEqual(first.bytes);
    expect(second.platform.commands).toEqual([]);
  });

  it('tries again what the first could not restore', async () => {
    const first = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      arrange: ({ platform }) => platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const)),
    });
    expect(first.recovered).toMatchObject({ restored: [], notRestored: [{ node: 'n1', byHand: 'sim start n1' }] });
    expect(first.recovered.notRestored[0]?.detail).toContain('n1');
    expect(first.judgement.exit).toBe(5);
    expectConsistent(first);
    const second = await recoverSim({ journal: first.bytes, down: ['n1'] });
    expect(second.recovered.restored).toEqual(['n1']);
    expect(second.judgement.exit).not.toBe(5);
    expectConsistent(second);
  });

  it('leaves a session that ended in order as it is', async () => {
    const run = await recoverSim({ journal: whole, down: [] });
    expect(run.recovered.acted).toBe(false);
    expect(whole.equals(run.bytes)).toBe(true);
  });
});

describe('before it says restored', () => {
  it('waits until the fault command of the dead tool cannot land any more', async () => {
    const run = await recoverSim({
      journal: until('fault.requested'),
      down: [],
      arrange: ({ world, cluster }) => void world.clock.sleep(3_000).then(() => cluster.stop('n1')),
    });
    expect(run.cluster.down()).toEqual([]);
    expect(run.recovered.restored).toEqual(['n1']);
    const [requested, settled] = [
      ofType(run.content.records, 'fault.requested'),
      ofType(run.content.records, 'undo.settled'),
    ];
    expect((settled[0]?.t ?? 0) - (requested[0]?.t ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  it('ends that command, where it runs on the same boot', async () => {
    const journal = Buffer.from((await commandJournal()).bytes);
    const killed: number[] = [];
    const arrange = ({ world }: Pick<SimRecovery, 'world'>): void => {
      world.processes.alive = async ({ pid, startTime }) => pid === 77 && startTime === '1';
      world.processes.killGroup = (pid) => void killed.push(pid);
    };
    await recoverSim({ journal, down: ['n1'], arrange });
    expect(killed).toEqual([77]);
    // After a reboot that number is somebody else's.
    await recoverSim({ journal, down: ['n1'], arrange, otherBoot: true });
    expect(killed).toEqual([77]);
  });

  it('after a reboot does not wait for a clock that has started anew', async () => {
    const run = await recoverSim({ journal: until('fault.proven'), down: ['n1'], otherBoot: true });
    expect(run.recovered.restored).toEqual(['n1']);
    expect(run.judgement.verdict).toBe('INCONCLUSIVE');
    expectConsistent(run);
  });
});

/** A session whose stop starts a child process, cut while the node is down. */
async function commandJournal(): Promise<{ readonly bytes: Uint8Array }> {
  const run = await runSim({
    arrange: ({ platform, cluster }) => {
      platform.stop = async (node, { onCommand }) => {
        onCommand?.({ pid: 77, startTime: '1' });
        cluster.stop(node.name);
      };
    },
  });
  const bytes = Buffer.from((await run.world.fs.readBytes(JOURNAL)) ?? []);
  const text = bytes.toString('utf8');
  const proven = text.indexOf('"type":"fault.proven"');
  return { bytes: bytes.subarray(0, text.indexOf('\n', proven) + 1) };
}

describe('a fault that was armed and never requested', () => {
  it('is none of ours: a node that is up is left alone', async () => {
    const run = await recoverSim({ journal: until('undo.armed'), down: [] });
    expect(run.platform.commands).toEqual([]);
    expect(run.judgement.restored).toBe(true);
  });

  it('a node that somebody else has stopped is not started, and is named', async () => {
    const run = await recoverSim({ journal: until('undo.armed'), down: ['n1'] });
    expect(run.platform.commands).toEqual([]);
    expect(run.recovered.notRestored).toMatchObject([{ node: 'n1', byHand: 'sim start n1' }]);
    expect(run.recovered.notRestored[0]?.detail).toContain('somebody else');
    expect(run.judgement.exit).toBe(5);
  });
});

describe('what cannot be reached', () => {
  it('a platform that cannot be made: every node is named with its command, and the journal is closed', async () => {
    const run = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      platforms: () => Promise.reject(new Error('no lab is running in /srv/.gameday')),
    });
    expect(run.recovered.notRestored).toEqual([
      { node: 'n1', detail: 'no lab is running in /srv/.gameday', byHand: 'sim start n1' },
    ]);
    expect(run.judgement.exit).toBe(5);
    expectConsistent(run);
  });

  it.each([
    ['opened', 'open', 'EROFS'],
    ['written', 'append', 'ENOSPC'],
    ['synced', 'sync', 'EIO'],
  ] as const)(
    'a journal that cannot be %s: the node is restored all the same, and that is said',
    async (_, kind, code) => {
      const run = await recoverSim({
        journal: until('fault.proven'),
        down: ['n1'],
        arrange: ({ world }) => {
          world.fs.fault = (operation) =>
            operation.kind === kind && operation.path === JOURNAL ? { code, after: 3 } : undefined;
        },
      });
      expect(run.cluster.down()).toEqual([]);
      expect(run.recovered).toMatchObject({ acted: true, restored: ['n1'], notRestored: [] });
      expect(run.recovered.journalFailure?.message).toContain(code);
      // And the one that comes when there is room again closes it.
      const next = await recoverSim({ journal: run.bytes, down: [] });
      expect(next.recovered.journalFailure).toBeUndefined();
      expect(next.judgement.restored).toBe(true);
      expectConsistent(next);
    },
  );

  it('a journal of a newer version is refused, and not written to', async () => {
    const journal = Buffer.from(whole.toString('utf8').replaceAll('{"v":1,', '{"v":2,'));
    await expect(recoverSim({ journal, down: [] })).rejects.toMatchObject({ code: 'nothing-to-recover', exitCode: 3 });
  });
});

describe('a request that cannot be read', () => {
  it('is given the time of its command: a stop in flight must not land on a node that is called restored', async () => {
    const journal = until('fault.requested');
    const start = journal.lastIndexOf('\n', journal.length - 2) + 1;
    const noted = Buffer.from(`${journal.subarray(0, start).toString()}{"v":1,"damaged\n`);
    // A line behind it, so that it is no torn end.
    const damaged = Buffer.concat([noted, whole.subarray(journal.length, ends[ends.indexOf(journal.length) + 1])]);
    const run = await recoverSim({ journal: damaged, down: ['n1'] });
    const took = run.added.find(({ type }) => type === 'takeover')?.t ?? Number.NaN;
    const settled = ofType(run.added, 'undo.settled');
    expect(settled).toMatchObject([{ node: 'n1', outcome: 'restored' }]);
    expect((settled[0]?.t ?? 0) - took).toBeGreaterThanOrEqual(10_000);
  });
});
