import { describe, expect, it } from 'vitest';
import type { SentinelView } from '../../../src/probes/sentinel.ts';
import { attainability } from '../../../src/scenarios/b-redis-preflight.ts';
import { judgeLook, type RedisLook } from '../../../src/scenarios/b-redis-stack.ts';

const NODES = [1, 2, 3].map((n) => ({ name: `redis-${n}`, host: '10.0.0.1', port: 6370 + n }));
const SETTINGS = {
  flags: 'master',
  quorum: '2',
  'num-slaves': '2',
  'num-other-sentinels': '2',
  'down-after-milliseconds': '5000',
  'failover-timeout': '10000',
};

function viewOf(more: Partial<SentinelView> = {}): SentinelView {
  return { master: { host: '10.0.0.1', port: 6371 }, quorum: 'OK', settings: SETTINGS, ...more };
}

function look(change: (nodes: RedisLook['nodes'][number][]) => void = () => undefined) {
  const nodes: RedisLook['nodes'][number][] = NODES.map(({ name }, index) => ({
    name,
    role: index === 0 ? { role: 'master', link: '2 replicas' } : { role: 'slave', link: 'connected' },
    view: viewOf(),
  }));
  change(nodes);
  return judgeLook(nodes, NODES);
}

/** The list with one node changed. */
function withNode(index: number, more: Partial<RedisLook['nodes'][number]>) {
  return look((nodes) => {
    const node = nodes[index];
    if (node !== undefined) nodes[index] = { ...node, ...more };
  });
}

describe('judgeLook', () => {
  it('finds nothing wrong with a group at rest', () => {
    expect(look()).toEqual({ master: 'redis-1', down: [], problems: [] });
  });

  it('counts a node as down when either its server or its sentinel cannot be read', () => {
    expect(withNode(1, { role: { error: 'refused' } }).down).toEqual(['redis-2']);
    expect(withNode(2, { view: { error: 'refused' } }).down).toEqual(['redis-3']);
    expect(withNode(2, { view: { error: 'refused' } }).master).toBeUndefined();
  });

  it.each([
    ['sentinels that differ', { view: viewOf({ master: { host: '10.0.0.1', port: 6372 } }) }, /different masters/],
    [
      'two masters',
      { role: { role: 'master', link: '0 replicas' } as const },
      /redis-1 and redis-2 says that it is master/,
    ],
    ['a replica without its master', { role: { role: 'slave', link: 'connect' } as const }, /without its master/],
    ['a lost quorum', { view: viewOf({ quorum: 'NOQUORUM 1 usable' }) }, /CKQUORUM on redis-2: NOQUORUM/],
    ['a view that is not clean', { view: viewOf({ settings: { ...SETTINGS, flags: 'master,s_down' } }) }, /s_down/],
    [
      'a replica that the sentinel does not know',
      { view: viewOf({ settings: { ...SETTINGS, 'num-slaves': '1' } }) },
      /1 replicas/,
    ],
    ['settings that are missing', { view: viewOf({ settings: {} }) }, /unknown/],
  ])('does not call %s steady', (_, more, problem) => {
    expect(withNode(1, more).problems.join('; ')).toMatch(problem);
  });
});

describe('a replica that is attached', () => {
  const behind = (offset: number) =>
    look((nodes) => {
      nodes.forEach((one, index) => {
        if (!('error' in one.role))
          nodes[index] = { ...one, role: { ...one.role, offset: index === 1 ? offset : 50_000_000 } };
      });
    }).problems;

  it('may be a little behind, and not far', () => {
    expect(behind(50_000_000)).toEqual([]);
    expect(behind(49_000_000)).toEqual([]);
    expect(behind(51_000_000)).toEqual([]);
    expect(behind(30_000_000)).toEqual(['redis-2 is 19532 KiB behind its master redis-1']);
  });
});

describe('attainability', () => {
  const judge = (settings: Record<string, string>, rtoMs = 30_000) =>
    attainability([{ name: 'redis-1', view: viewOf({ settings: { ...SETTINGS, ...settings } }) }], rtoMs, 3);

  it('is given with tuned settings', () => {
    expect(judge({}).status).toBe('ok');
  });

  it('is not given with the shipped defaults', () => {
    const check = judge({ 'down-after-milliseconds': '30000', 'failover-timeout': '180000' });
    expect(check).toMatchObject({ status: 'unattainable', detail: expect.stringContaining('32s') });
  });

  it('warns when a second attempt would come too late', () => {
    expect(judge({ 'failover-timeout': '180000' }).status).toBe('warning');
  });

  it('is not given when the quorum needs every sentinel', () => {
    expect(judge({ quorum: '3' }).status).toBe('unattainable');
    const stale = judge({ 'num-other-sentinels': '4' });
    expect(stale).toMatchObject({
      status: 'unattainable',
      detail: expect.stringContaining('knows 5 sentinels, of which 3 must agree, and with one host down 2 are left'),
    });
    expect(judge({ 'num-other-sentinels': '3' }).status).toBe('unattainable');
  });

  it('is blocked when a sentinel does not tell', () => {
    expect(judge({ 'down-after-milliseconds': 'soon' }).status).toBe('blocked');
  });
});
