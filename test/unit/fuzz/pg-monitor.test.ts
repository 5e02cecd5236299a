import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Monitor, monitorProbe, parseNodes, parseSettings } from '../../../src/probes/pg-monitor.ts';
import { steadyOf } from '../../../src/scenarios/a-postgres-failover.ts';
import { look, times } from '../../support/fuzz-probe.ts';
import { damaged } from '../../support/garbage.ts';

describe('the monitor of pg_auto_failover', { timeout: 60_000 }, () => {
  const KNOWN = [1, 2].map((n) => ({ name: `pg-${n}`, host: '127.0.0.1', port: 5430 + n }));
  const row = (n: number, state: string) => ({
    nodename: `node_${n}`,
    nodehost: '127.0.0.1',
    nodeport: 5430 + n,
    reportedstate: state,
    goalstate: state,
    health: 1,
    replicationquorum: true,
  });
  const GOOD = [row(1, 'primary'), row(2, 'secondary')];
  const probe = (rows: readonly unknown[]) => {
    const monitor: Monitor = {
      nodes: async () => parseNodes(rows, KNOWN),
      settings: async () => parseSettings([]),
      close: async () => undefined,
    };
    const members = KNOWN.map((one) => one.name);
    return monitorProbe(monitor, members, { target: 'm', ...times });
  };

  it('is read where it is right', async () => {
    expect((await look(probe(GOOD))).outcome).toBe('ok');
    expect(steadyOf(parseNodes(GOOD, KNOWN), KNOWN).ok).toBe(true);
  });

  it('with any rows is never good', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.anything(), { maxLength: 4 }), async (rows) => {
        expect((await look(probe(rows))).outcome).toBe('protocol');
      }),
      { numRuns: 100 },
    );
  });

  it('with a changed row is read or protocol, and calls no formation steady that is another', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(GOOD), async (rows) => {
        if (!Array.isArray(rows)) return;
        const { outcome } = await look(probe(rows));
        expect(['ok', 'protocol']).toContain(outcome);
        if (outcome !== 'ok' || !steadyOf(parseNodes(rows, KNOWN), KNOWN).ok) return;
        for (const [index, state] of ['primary', 'secondary'].entries())
          expect(rows[index]).toMatchObject({ reportedstate: state, goalstate: state, nodehost: '127.0.0.1' });
        for (const one of rows as readonly { health: unknown }[]) expect(String(one.health)).toBe('1');
      }),
      { numRuns: 120 },
    );
  });

  it.each([
    ['no port', { nodeport: '' }],
    ['a port in words', { nodeport: 'x' }],
    ['no state', { reportedstate: '' }],
    ['the other node again', { nodename: 'x', nodeport: 5432 }],
  ])('with %s is protocol', async (_, change) => {
    expect((await look(probe([{ ...GOOD[0], ...change }, GOOD[1]]))).outcome).toBe('protocol');
  });

  it.each(['', ' ', 'x', '-1', '1s', '1e3', null])('with %j for a time tells no time', (setting) => {
    const names = [
      'node_considered_unhealthy_timeout',
      'primary_demote_timeout',
      'health_check_period',
      'health_check_retry_delay',
    ].map((name) => ({ name: `pgautofailover.${name}`, setting: '1000' }));
    expect(parseSettings(names).demoteMs).toBe(1_000);
    for (const [at, one] of names.entries())
      expect(() => parseSettings(names.with(at, { ...one, setting: setting as string }))).toThrow(Error);
  });
});
