import { describe, expect, it } from 'vitest';
import type { MonitorNode, NodeHealth } from '../../../src/probes/pg-monitor.ts';
import { postgresFailover, steadyOf } from '../../../src/scenarios/a-postgres-failover.ts';
import { attainability, lagChecks } from '../../../src/scenarios/a-postgres-preflight.ts';

const NODES = [1, 2].map((n) => ({ name: `pg-${n}`, platform: 'lab', host: '127.0.0.1', port: 5430 + n }));
const SETTINGS = {
  api: { url: 'http://127.0.0.1:8080' },
  nodes: NODES,
  monitor: { host: '127.0.0.1', port: 5430 },
  database: 'app',
  user: 'app',
};

function member(name: string, reported: string, more: { goal?: string; health?: NodeHealth } = {}): MonitorNode {
  return { name, host: 'h', port: 1, reported, goal: reported, health: 'good', quorum: true, ...more };
}

describe('steadyOf', () => {
  const steady = (...nodes: MonitorNode[]) => steadyOf(nodes, NODES).ok;

  it('is one primary and the rest secondary, healthy and at rest', () => {
    expect(steady(member('pg-1', 'primary'), member('pg-2', 'secondary'))).toBe(true);
  });

  it.each([
    ['no node', []],
    ['one node missing', [member('pg-1', 'primary')]],
    ['a primary without its standby', [member('pg-1', 'wait_primary'), member('pg-2', 'secondary')]],
    ['a standby that catches up', [member('pg-1', 'primary'), member('pg-2', 'catchingup')]],
    ['a node under way', [member('pg-1', 'primary', { goal: 'demoted' }), member('pg-2', 'secondary')]],
    ['bad health', [member('pg-1', 'primary'), member('pg-2', 'secondary', { health: 'bad' })]],
    ['unknown health', [member('pg-1', 'primary'), member('pg-2', 'secondary', { health: 'unknown' })]],
    ['two primaries', [member('pg-1', 'primary'), member('pg-2', 'primary')]],
  ])('is not %s', (_, nodes) => {
    expect(steady(...nodes)).toBe(false);
  });
});

describe('attainability', () => {
  const judge = (unhealthyMs: number, demoteMs: number, checkPeriodMs = 5_000, checkRetryDelayMs = 2_000) =>
    attainability({ unhealthyMs, demoteMs, checkPeriodMs, checkRetryDelayMs }, 60_000);

  it('is given with tuned settings', () => {
    expect(judge(3_000, 2_000, 1_000, 500).status).toBe('ok');
  });

  it('is given with the shipped defaults, with a warning about the margin', () => {
    expect(judge(20_000, 30_000)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('margin under 10s'),
    });
  });

  it('is not given with a demote timeout of a minute', () => {
    expect(judge(20_000, 60_000).status).toBe('unattainable');
    expect(judge(3_000, 60_000, 1_000, 500).status).toBe('unattainable');
  });

  it('warns when the worst case misses the target and the best does not', () => {
    expect(judge(25_000, 30_000).detail).toContain('may be missed');
  });
});

describe('the arithmetic of A', () => {
  it('is shown with its sum', () => {
    const settings = { unhealthyMs: 20_000, demoteMs: 30_000, checkPeriodMs: 5_000, checkRetryDelayMs: 2_000 };
    expect(attainability(settings, 60_000).detail).toMatch(/^20s unhealthy \+ 30s demote = 50s of 1m00s, /);
  });
});

describe('standbys that follow', () => {
  const seen = (readOnly: boolean, walBytes: number | null) => ({ value: { readOnly, walBytes } });
  const check = (standby: number | null) =>
    lagChecks(['pg-1', 'pg-2'], [seen(false, 50_000_000), seen(true, standby)]).map(
      ({ status, detail }) => `${status}: ${detail}`,
    );

  it('are copies where they lack little or nothing', () => {
    expect(check(50_000_000)).toEqual(['ok: pg-2 is 0 KiB behind pg-1']);
    expect(check(49_000_000)).toEqual(['ok: pg-2 is 977 KiB behind pg-1']);
    expect(check(51_000_000)).toEqual(['ok: pg-2 is 0 KiB behind pg-1']);
  });

  it('are none where they lack much, or receive nothing', () => {
    expect(check(10_000_000)).toEqual(['blocked: pg-2 is 39063 KiB behind pg-1: it is no copy that could take over']);
    expect(check(null)).toEqual(['blocked: pg-2 receives no WAL from pg-1']);
    expect(check(Number.NaN)).toEqual(['blocked: pg-2 receives no WAL from pg-1']);
  });
});

describe('settings', () => {
  it('have the defaults of the design', () => {
    expect(postgresFailover.schema.parse(SETTINGS)).toMatchObject({
      rto: 60_000,
      maxLost: 0,
      ledger: { interval: 50, timeout: 1_000 },
      monitor: { database: 'pg_auto_failover', user: 'autoctl_node' },
    });
  });

  it('refuse what they do not know, and a formation of one', () => {
    expect(postgresFailover.schema.safeParse({ ...SETTINGS, rpo: 1 }).success).toBe(false);
    expect(postgresFailover.schema.safeParse({ ...SETTINGS, nodes: NODES.slice(1) }).success).toBe(false);
  });
});
