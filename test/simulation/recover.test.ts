import { beforeAll, describe, expect, it } from 'vitest';
import { sameClaims } from '../../src/cli/claims.ts';
import type { LedgersOf } from '../../src/engine/index.ts';
import { isBulk } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { armedFaults } from '../../src/journal/view.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { simDrill } from '../support/sim-drill.ts';
import { JOURNAL, recoverSim, type SimRecovery } from '../support/sim-recovery.ts';
import { ofType, runSim } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

/** Hundreds of recoveries, each of which reads and judges a whole journal. */
const LONG_MS = 60_000;

/** Bytes of the journal of a session of two drills in which everything holds; and where its lines end. */
let whole: Buffer;
let ends: readonly number[];

beforeAll(async () => {
  const run = await runSim({ drills: ({ cluster }) => [simDrill(cluster), simDrill(cluster, { id: 'B' })] });
  whole = Buffer.from((await run.world.fs.readBytes(JOURNAL)) ?? []);
  ends = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1);
});

/** Nodes that are down when the journal stops there: asked to stop, and not restored. A tool that dies after the request may have stopped it. */
function downAt(journal: Uint8Array): readonly string[] {
  return armedFaults(foldJournal(readJournal(journal).records))
    .filter((fault) => fault.requested !== undefined)
    .map((fault) => fault.node.name);
}

/** The journal up to and with the first line of this type. */
function until(type: string): Buffer {
  const { records } = readJournal(whole);
  return whole.subarray(0, ends[records.findIndex((record) => record.type === type)]);
}

function verifyConsistent({ content }: SimRecovery): void {
  expect(content.problems.filter(({ kind }) => kind !== 'crash')).toEqual([]);
  expect(content.records.at(-1)?.type).toBe('session.sealed');
  expect(sameClaims(content, (seq) => seq + 1)).toEqual([]);
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
        verifyConsistent(run);
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
          verifyConsistent(run);
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
        verifyConsistent(run);
      }
    },
    LONG_MS,
  );

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
    verifyConsistent(first);
    const second = await recoverSim({ journal: first.bytes, down: ['n1'] });
    expect(second.recovered.restored).toEqual(['n1']);
    expect(second.judgement.exit).not.toBe(5);
    verifyConsistent(second);
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
    verifyConsistent(run);
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

describe('what the ledgers of a dead tool have written', { timeout: LONG_MS }, () => {
  const ledgersThat = (remove: () => Promise<void>): LedgersOf => {
    const { ledgers } = simDrill(new SimCluster(new SimWorld().clock, { nodes: ['n1'], alertAfterMs: 0 }));
    return async () => new Map(['A', 'B'].map((id) => [id, ledgers.map((ledger) => ({ ...ledger, remove }))]));
  };
  const gapsOf = ({ view }: SimRecovery) =>
    view.scenarios.flatMap(({ gaps }) => gaps.map(({ kind, text }) => ({ kind, text })));

  it('is said to be unread, and then removed, once the nodes are up', async () => {
    const done: string[] = [];
    const run = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      ledgers: ledgersThat(async () => void done.push('removed')),
    });
    expect(done).toEqual(['removed']);
    expect(run.recovered.data).toMatchObject({ removed: [{ what: 'key A' }], left: [] });
    const types = run.added.map(({ type }) => type);
    const [unread, removed] = [types.indexOf('ledger.unread'), types.indexOf('ledger.removed')];
    expect(unread).toBeGreaterThan(types.lastIndexOf('undo.settled'));
    expect(removed).toBeGreaterThan(unread);
    expect(run.view.scenarios[0]?.opened.size).toBe(0);
    verifyConsistent(run);
  });

  it('is not called unread where it was read', async () => {
    const run = await recoverSim({ journal: until('ledger.audited'), down: [] });
    expect(run.added.map(({ type }) => type)).not.toContain('ledger.unread');
    expect(run.recovered.data?.removed).toHaveLength(1);
  });

  it('is tried again while the stack is still on its way back', async () => {
    let refusals = 4;
    const run = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      ledgers: ledgersThat(async () => {
        refusals -= 1;
        if (refusals > 0) throw new Error('no host takes writes');
      }),
    });
    expect(run.recovered.data?.removed).toHaveLength(1);
    expect(gapsOf(run)).toEqual([]);
  });

  it('that cannot be removed is named, with the way to remove it, and every node counts as restored', async () => {
    const run = await recoverSim({
      journal: until('fault.proven'),
      down: ['n1'],
      ledgers: ledgersThat(() => Promise.reject(new Error('password refused'))),
    });
    expect(run.recovered).toMatchObject({ restored: ['n1'], notRestored: [], data: { removed: [] } });
    expect(gapsOf(run)).toEqual([
      {
        kind: 'leftover-data',
        text: 'key A could not be removed: password refused; remove it by hand: sim forget A',
      },
    ]);
    expect(run.judgement.restored).toBe(true);
    expect(run.judgement.exit).not.toBe(5);
    verifyConsistent(run);
  });

  it.each([
    ['nobody can make the ledgers again', () => Promise.reject(new Error('the secret is not here'))],
    ['there is no such ledger any more', async () => new Map()],
  ] satisfies [string, LedgersOf][])('stays where %s, and is named', async (_, ledgers) => {
    const run = await recoverSim({ journal: until('fault.proven'), down: ['n1'], ledgers });
    expect(run.recovered).toMatchObject({ restored: ['n1'], data: { left: [{ what: 'key A' }] } });
    expect(gapsOf(run)).toMatchObject([{ kind: 'leftover-data' }]);
  });

  it('is left alone where the configuration leads to another place than the one that was opened', async () => {
    const done: string[] = [];
    const journal = Buffer.from(until('fault.proven').toString('utf8').replace('"what":"key A"', '"what":"key X"'));
    const run = await recoverSim({
      journal,
      down: ['n1'],
      ledgers: ledgersThat(async () => void done.push('removed')),
    });
    expect(done).toEqual([]);
    expect(gapsOf(run)[0]?.text).toContain(
      'key X could not be removed: the configuration in the journal leads to key A',
    );
  });
});

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
    verifyConsistent(run);
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
      verifyConsistent(next);
    },
  );

  it('a journal of a newer version is refused, and not written to', async () => {
    const journal = Buffer.from(whole.toString('utf8').replaceAll('{"v":1,', '{"v":2,'));
    await expect(recoverSim({ journal, down: [] })).rejects.toMatchObject({ code: 'nothing-to-recover', exitCode: 3 });
  });
});
