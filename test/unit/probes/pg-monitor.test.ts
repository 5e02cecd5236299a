import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failoverTime, monitorFacts, monitorProbe, parseNodes, parseSettings } from '../../../src/probes/pg-monitor.ts';

const KNOWN = [
  { name: 'pg-1', host: '127.0.0.1', port: 5431 },
  { name: 'pg-2', host: '127.0.0.1', port: 5432 },
];

function row(more: object = {}) {
  return {
    nodename: 'node_1',
    nodehost: '127.0.0.1',
    nodeport: 5431,
    reportedstate: 'primary',
    goalstate: 'primary',
    health: 1,
    replicationquorum: true,
    ...more,
  };
}

function settings(unhealthyMs: number, demoteMs: number, periodMs: number, retryMs: number) {
  return parseSettings([
    { name: 'pgautofailover.node_considered_unhealthy_timeout', setting: String(unhealthyMs) },
    { name: 'pgautofailover.primary_demote_timeout', setting: String(demoteMs) },
    { name: 'pgautofailover.health_check_period', setting: String(periodMs) },
    { name: 'pgautofailover.health_check_retry_delay', setting: String(retryMs) },
  ]);
}

describe('parseNodes', () => {
  it('names a node as the drill does: by where it listens, else by its name, else as the monitor does', () => {
    const names = parseNodes(
      [row(), row({ nodehost: 'db2', nodename: 'pg-2' }), row({ nodeport: 9, nodename: 'x' })],
      KNOWN,
    );
    expect(names.map((one) => one.name)).toEqual(['pg-1', 'pg-2', 'x']);
  });

  it('throws for a row that is not what it should be, and never crashes otherwise', () => {
    expect(() => parseNodes([{}], KNOWN)).toThrow('nodehost');
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => parseNodes([value], KNOWN)).toThrow(Error);
      }),
    );
  });
});

describe('monitorFacts', () => {
  it('shows a state that is under way, and a health that nobody knows', () => {
    const nodes = parseNodes([row(), row({ nodeport: 5432, goalstate: 'demoted', health: -1 })], KNOWN);
    expect(monitorFacts(nodes)).toEqual({
      'pg-1': 'primary',
      'pg-1:health': 'good',
      'pg-2': 'primary->demoted',
      'pg-2:health': 'unknown',
    });
  });
});

describe('monitorProbe', () => {
  const times = { target: 'monitor', intervalMs: 200, timeoutMs: 1_000 };
  const sample = (nodes: () => Promise<[]>) =>
    monitorProbe(
      { nodes, settings: () => Promise.reject(new Error('no')), close: async () => undefined },
      [],
      times,
    ).sample(new AbortController().signal);

  it('finds an empty formation no good', async () => {
    expect(await sample(async () => [])).toMatchObject({ outcome: 'protocol' });
  });

  it('gives the kind of failure', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(await sample(() => Promise.reject(refused))).toMatchObject({ outcome: 'refused' });
    expect(await sample(() => Promise.reject(new Error('relation does not exist')))).toMatchObject({
      outcome: 'protocol',
    });
  });
});

describe('failoverTime', () => {
  it('is about what was measured with the shipped defaults and with tuned settings', () => {
    expect(failoverTime(settings(20_000, 30_000, 5_000, 2_000))).toEqual({ leastMs: 49_500, mostMs: 58_000 });
    expect(failoverTime(settings(3_000, 2_000, 1_000, 500))).toEqual({ leastMs: 4_500, mostMs: 7_500 });
  });

  it('is not guessed when a setting is missing', () => {
    expect(() => parseSettings([])).toThrow('node_considered_unhealthy_timeout');
  });
});
