import { beforeAll, describe, expect, it } from 'vitest';
import type { Drill } from '../../src/core/scenario.ts';
import type { JournalRecord } from '../../src/journal/events.ts';
import { foldJournal } from '../../src/journal/fold.ts';
import { readJournal } from '../../src/journal/reader.ts';
import { armedFaults } from '../../src/journal/view.ts';
import { simDrill } from '../support/sim-drill.ts';
import { SimRandom } from '../support/sim-random.ts';
import { JOURNAL, recoverSim } from '../support/sim-recovery.ts';
import { runSim, type SimSetup } from '../support/sim-session.ts';
import { slowDisk } from '../support/slow-disk.ts';

const SECOND_MS = 1_000;
const LONG_MS = 60_000;

/** One moment right before the ledger issues its next write: the client was told `acked`, each with when. */
interface Moment {
  readonly at: number;
  readonly acked: readonly { readonly id: number; readonly at: number }[];
  /** The journal as the kernel has it, and how much of it a power cut leaves. */
  readonly written: Buffer;
  readonly durableBytes: number;
}

let moments: readonly Moment[];

/** A ledger with four connections whose answers take 3 to 140 ms; every ninth of its writes is looked at closely. */
function watched({ cluster, world }: SimSetup, seen: Moment[]): Drill {
  const drill = simDrill(cluster);
  const random = new SimRandom(7);
  const acked: { readonly id: number; readonly at: number }[] = [];
  const ledgers = drill.ledgers.map((ledger) => ({
    ...ledger,
    concurrency: 4,
    async write(id: number, signal: AbortSignal) {
      if (id % 9 === 0) {
        const { bytes, durableBytes } = world.fs.peek(JOURNAL) ?? { bytes: Buffer.alloc(0), durableBytes: 0 };
        seen.push({ at: world.clock.now(), acked: [...acked], written: bytes, durableBytes });
      }
      await world.clock.sleep(3.3 + random.below(137));
      const result = await ledger.write(id, signal);
      if (result.outcome === 'acked') acked.push({ id, at: world.clock.now() });
      return result;
    },
  }));
  return { ...drill, ledgers };
}

function journaled(records: readonly JournalRecord[]): ReadonlySet<number> {
  return new Set(
    records.flatMap((one) =>
      one.type === 'ledger.entries' ? one.items.filter((item) => item[3] === 'acked').map(([id]) => id) : [],
    ),
  );
}

function downIn(journal: Uint8Array): readonly string[] {
  return armedFaults(foldJournal(readJournal(journal).records))
    .filter((fault) => fault.requested !== undefined)
    .map((fault) => fault.node.name);
}

beforeAll(async () => {
  const seen: Moment[] = [];
  const run = await runSim({
    arrange: ({ world }) => slowDisk(world, { writeMs: 11, syncMs: 60 }),
    drills: (setup) => [watched(setup, seen)],
  });
  expect(run.error).toBeUndefined();
  moments = seen;
  expect(moments.length).toBeGreaterThan(40);
  expect(moments.at(-1)?.acked.length).toBeGreaterThan(300);
}, LONG_MS);

describe('before a ledger issues its next write', { timeout: LONG_MS }, () => {
  it('the kernel has every acknowledgement before it: a tool that is killed there loses none', async () => {
    for (const { written, acked } of moments) {
      const kept = journaled(readJournal(written).records);
      expect(acked.filter(({ id }) => !kept.has(id))).toEqual([]);
    }
  });

  it('those of more than a second ago are on disk: a power cut takes no older ones', () => {
    for (const { written, durableBytes, acked, at } of moments) {
      const kept = journaled(readJournal(written.subarray(0, durableBytes)).records);
      expect(acked.filter((one) => at - one.at > SECOND_MS && !kept.has(one.id))).toEqual([]);
    }
  });
});

describe("a ledger's own place", { timeout: LONG_MS }, () => {
  it('stands in the journal before it is made, and is removed when it was read', async () => {
    const run = await runSim();
    const types = run.records.map(({ type }) => type);
    const wanted = ['ledger.opened', 'ledger.entries', 'ledger.audited', 'ledger.removed'] as const;
    const at = wanted.map((type) => types.indexOf(type));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
    expect(run.view.scenarios[0]?.opened.size).toBe(0);
  });

  it('that cannot be removed is named exactly, and spoils no verdict', async () => {
    const run = await runSim({
      drills: ({ cluster }) => {
        const drill = simDrill(cluster);
        const remove = () => Promise.reject(new Error('no route'));
        return [{ ...drill, ledgers: drill.ledgers.map((ledger) => ({ ...ledger, remove })) }];
      },
    });
    expect(run.result?.judgement.verdict).toBe('PASS');
    expect(run.view.scenarios[0]?.gaps).toMatchObject([
      { kind: 'leftover-data', text: 'key A could not be removed: no route; remove it by hand: sim forget A' },
    ]);
  });
});

describe('whoever recovers after that', { timeout: LONG_MS }, () => {
  it('finds them all where only the tool died, and nobody calls it PASS', async () => {
    for (const { written, acked } of moments.filter((_, index) => index % 8 === 0)) {
      const run = await recoverSim({ journal: written, down: downIn(written) });
      expect(run.cluster.down()).toEqual([]);
      const kept = journaled(run.content.records);
      expect(acked.filter(({ id }) => !kept.has(id))).toEqual([]);
      expect(run.content.problems).toEqual([]);
      expect(run.judgement.verdict).toBe('INCONCLUSIVE');
    }
  });

  it('goes on behind what a power cut left, down to half a line', async () => {
    for (const { written, durableBytes, acked, at } of moments.filter((_, index) => index % 8 === 4)) {
      const left = written.subarray(0, durableBytes + Math.floor((written.length - durableBytes) / 2));
      const run = await recoverSim({ journal: left, down: downIn(left), otherBoot: true });
      expect(run.cluster.down()).toEqual([]);
      const kept = journaled(run.content.records);
      expect(acked.filter((one) => at - one.at > SECOND_MS && !kept.has(one.id))).toEqual([]);
      expect(run.content.problems.filter(({ kind }) => kind !== 'crash')).toEqual([]);
      expect(run.judgement.verdict).toBe('INCONCLUSIVE');
    }
  });
});
