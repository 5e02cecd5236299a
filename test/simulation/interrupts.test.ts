import { describe, expect, it } from 'vitest';
import { withCommandsByHand } from '../../src/cli/view/by-hand.ts';
import type { SessionView } from '../../src/cli/view/view.ts';
import { SimCluster } from '../support/sim-cluster.ts';
import { simDrill } from '../support/sim-drill.ts';
import { ofType, runSim, type SimOptions, type SimRun, type SimSetup } from '../support/sim-session.ts';
import { SimWorld } from '../support/sim-world.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Seen {
  readonly run: SimRun;
  /** What stood on stderr before each signal. */
  readonly texts: readonly string[];
  readonly view: { ended: number; records: number };
}

/** Two nodes are down when the first signal comes; their start is refused often enough for the others to come meanwhile. */
async function interrupted(
  atMs: readonly number[],
  more: {
    readonly runbooks?: SimOptions['runbooks'];
    readonly arrange?: (setup: SimSetup) => void;
    readonly isDrawnInPlace?: boolean;
  } = {},
): Promise<Seen> {
  const texts: string[] = [];
  const counts = { ended: 0, records: 0 };
  let view: SessionView | undefined;
  const run = await runSim({
    ...(more.runbooks === undefined ? {} : { runbooks: more.runbooks }),
    onRecord: (record) => view?.onRecord(record),
    drills: (setup) => {
      const { world, cluster, platform } = setup;
      const inner: SessionView = {
        onRecord: () => {
          counts.records += 1;
        },
        end: async () => {
          counts.ended += 1;
        },
      };
      view = withCommandsByHand(world, inner, more.isDrawnInPlace ?? false);
      platform.starts.push('fail', 'fail', 'fail', 'fail');
      for (const [index, ms] of atMs.entries())
        void world.clock.sleep(ms).then(() => {
          texts.push(world.tty.err.text);
          world.signals.raise(SIGNALS[index % SIGNALS.length] ?? 'SIGINT');
        });
      more.arrange?.(setup);
      return [simDrill(cluster, { victims: ['n1', 'n2'], plan: { outageMs: 60_000, observeDeadlineMs: 70_000 } })];
    },
  });
  await view?.end();
  return { run, texts, view: counts };
}

describe('signals while nodes are down', () => {
  it('the first one restores, and names no commands', async () => {
    const { run } = await interrupted([8_000]);
    expect(run.cluster.down()).toEqual([]);
    expect(run.world.tty.err.text).toBe('');
    expect(run.result?.exit).toBe(130);
  });

  it('the second and each later one name what undoes by hand what is still broken, newest first, and the restore goes on', async () => {
    const { run, texts } = await interrupted([8_000, 9_500, 10_500]);
    const commands = '  sim start n2\n  sim start n1\n';
    expect(texts[1]).toBe('');
    expect(texts[2]).toMatch(/still restoring/);
    expect(texts[2]?.endsWith(commands)).toBe(true);
    expect(run.world.tty.err.text.split(commands)).toHaveLength(3);
    expect(run.cluster.down()).toEqual([]);
    expect(ofType(run.records, 'undo.settled').map((event) => event.outcome)).toEqual(['restored', 'restored']);
    expect(run.result?.exit).toBe(130);
  });

  it('the section on recovery is named where the runbook was there, and nothing where it was not', async () => {
    const { headings } = simDrill(new SimCluster(new SimWorld().clock, { nodes: ['n1'], alertAfterMs: 1 })).plan
      .runbook;
    const seen = { scenario: 'A', path: 'runbooks/a.md', sha256: 'ab', headings: [headings.recover] };
    const known = await interrupted([8_000, 9_500], { runbooks: [seen] });
    expect(known.run.world.tty.err.text).toContain(
      `  sim start n1\nthen go on as in runbooks/a.md # ${headings.recover}\n`,
    );
    for (const lost of [
      { ...seen, sha256: null },
      { ...seen, headings: [] },
    ]) {
      const without = await interrupted([8_000, 9_500], { runbooks: [lost] });
      expect(without.run.world.tty.err.text).not.toContain('go on as in');
    }
  });

  it('each one is journaled', async () => {
    const { run } = await interrupted([8_000, 9_500, 10_500]);
    expect(ofType(run.records, 'interrupted').map(({ signal, count }) => [signal, count])).toEqual([
      ['SIGINT', 1],
      ['SIGTERM', 2],
      ['SIGHUP', 3],
    ]);
  });

  it('what is restored already is not named any more', async () => {
    // The stop of n1 can land no more; that of n2, 2 s younger, still might.
    const { run } = await interrupted([8_000, 9_500, 14_200]);
    const last = run.world.tty.err.text.split('interrupted again').at(-1);
    expect(last).toContain('sim start n2');
    expect(last).not.toContain('sim start n1');
    expect(run.cluster.down()).toEqual([]);
  });

  it('the journal is lost: the commands are named all the same', async () => {
    const { run } = await interrupted([8_000, 9_500], {
      arrange: ({ world }) =>
        void world.clock.sleep(7_000).then(() => {
          world.fs.fault = ({ kind, path }) =>
            kind === 'append' && path.endsWith('journal.jsonl') ? { code: 'ENOSPC' } : undefined;
        }),
    });
    expect(run.error).toMatchObject({ code: 'journal-lost' });
    expect(run.world.tty.err.text).toContain('  sim start n2\n  sim start n1\n');
    expect(run.cluster.down()).toEqual([]);
  });

  it('a terminal that is gone keeps nobody from restoring', async () => {
    const { run } = await interrupted([8_000, 9_500], { arrange: ({ world }) => world.tty.err.break() });
    expect(run.cluster.down()).toEqual([]);
    expect(run.result?.exit).toBe(130);
  });

  it('a view that is drawn in place ends before the commands stand there, and plain lines go on', async () => {
    const { run, view } = await interrupted([8_000, 9_500], { isDrawnInPlace: true });
    expect(view.ended).toBe(1);
    expect(view.records).toBeLessThan(run.records.length);
    expect(run.world.tty.err.text).toMatch(/sim start n1\n(.*\n)*.*n1 is restored/);
  });

  it('nobody listens any more once the session has ended', async () => {
    const { run } = await interrupted([8_000, 9_500]);
    expect(run.world.signals.raise('SIGINT')).toBe(false);
  });
});
