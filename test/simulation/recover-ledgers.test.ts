import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgersOf } from '../../src/engine/index.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { simDrill } from '../support/sim-drill.ts';
import {
  expectConsistent,
  type RecordedSession,
  recordedSession,
  recoverSim,
  type SimRecovery,
} from '../support/sim-recovery.ts';
import { SimWorld } from '../support/sim-world.ts';

/** A recovery waits, in virtual time, for stacks that are on their way back. */
const LONG_MS = 60_000;

let until: RecordedSession['until'];

beforeAll(async () => {
  ({ until } = await recordedSession());
});

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
    expectConsistent(run);
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
    expectConsistent(run);
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
