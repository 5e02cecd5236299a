import { describe, expect, it } from 'vitest';
import type { GamedayError } from '../../src/core/errors.ts';
import { runSim } from '../support/sim-session.ts';

describe('a journal that cannot be written', () => {
  it('while it is judged, with a node that could not be restored: exit 5 all the same', async () => {
    const run = await runSim({
      arrange: ({ world, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        let judging = false;
        world.fs.fault = ({ kind, path }) => {
          if (!path.endsWith('journal.jsonl')) return undefined;
          if (kind === 'read') judging = true;
          return judging && kind === 'append' ? { code: 'ENOSPC' } : undefined;
        };
      },
    });
    expect(run.error).toMatchObject({ exitCode: 5 });
    expect((run.error as GamedayError).hint).toContain('sim start n1');
  });

  it('before the fault: nothing is broken', async () => {
    const run = await runSim({
      arrange: ({ world }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'sync' && path.endsWith('journal.jsonl') && world.clock.now() > 1_002_000
            ? { code: 'EIO' }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
    expect(run.platform.commands).toEqual([]);
    expect((run.error as GamedayError).message).toMatch(/; it broke no node$/);
  });

  it('after the fault: the drill ends at once, the node is restored, and no verdict is claimed', async () => {
    const run = await runSim({
      arrange: ({ world, cluster }) => {
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && cluster.down().length > 0
            ? { code: 'ENOSPC', after: 5 }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ code: 'journal-lost', exitCode: 4 });
    expect(run.cluster.down()).toEqual([]);
    expect(run.platform.commands).toContain('start n1');
    expect((run.error as GamedayError).message).toMatch(/; every node that it broke has been restored$/);
  });

  it('and a node that cannot be restored: exit 5 outranks the lost journal', async () => {
    const run = await runSim({
      arrange: ({ world, cluster, platform }) => {
        platform.starts.push(...Array.from({ length: 200 }, () => 'no-effect' as const));
        world.fs.fault = ({ kind, path }) =>
          kind === 'append' && path.endsWith('journal.jsonl') && cluster.down().length > 0
            ? { code: 'ENOSPC' }
            : undefined;
      },
    });
    expect(run.error).toMatchObject({ exitCode: 5 });
    const { message, hint } = run.error as GamedayError;
    expect(message).toMatch(/AND a node is still down: n1 \(n1 is down after its start: .*\)$/);
    expect(hint).toContain('sim start n1');
  });
});
