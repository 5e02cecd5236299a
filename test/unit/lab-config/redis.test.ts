import { describe, expect, it } from 'vitest';
import { type Blueprint, PORT_NAMES, type Ports, SECRET_NAMES, type Secrets } from '../../../src/lab/blueprint.ts';
import { planRedis } from '../../../src/lab/nodes/redis.ts';

function blueprint(defaults: boolean): Blueprint {
  return {
    id: '00000000',
    folder: '/lab',
    runFolder: '/run',
    defaults,
    tools: { redis: { server: '/bin/redis-server', sentinel: '/bin/redis-sentinel' } },
    ports: Object.fromEntries(PORT_NAMES.map((name, index) => [name, 1_000 + index])) as Ports,
    secrets: Object.fromEntries(SECRET_NAMES.map((name) => [name, `secret-of-${name}`])) as Secrets,
    postgres: { owner: undefined, base: '/lab/nodes' },
    api: { file: '/bin/node', args: [] },
  };
}

/** The sentinels' configuration files. */
function sentinels(defaults: boolean): readonly string[] {
  const { files } = planRedis(blueprint(defaults));
  return files.filter(({ path }) => path.endsWith('/sentinel.conf')).map(({ content }) => content);
}

describe('planRedis', () => {
  it('gives each of three sentinels times with which 30 s can be met', () => {
    const texts = sentinels(false);
    expect(texts.length).toBe(3);
    for (const text of texts) {
      expect(Number(/^sentinel down-after-milliseconds mymaster (\d+)$/m.exec(text)?.[1])).toBeLessThan(10_000);
      expect(Number(/^sentinel failover-timeout mymaster (\d+)$/m.exec(text)?.[1])).toBeLessThan(30_000);
    }
  });

  it('leaves the times to Sentinel with --defaults: 30 s and 180 s as shipped, which test/lab/drills reads from a real one', () => {
    const texts = sentinels(true);
    expect(texts.length).toBe(3);
    for (const text of texts) {
      expect(text).toMatch(/^sentinel monitor mymaster 127\.0\.0\.1 \d+ 2$/m);
      expect(text).not.toMatch(/down-after|failover-timeout/);
    }
  });
});
