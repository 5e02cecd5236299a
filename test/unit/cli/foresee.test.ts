import { describe, expect, test } from 'vitest';
import { foreseeAll, shortPlan } from '../../../src/cli/foresee.ts';
import type { Platform } from '../../../src/core/platform.ts';
import type { Drill } from '../../../src/core/scenario.ts';
import { SimCluster } from '../../support/sim-cluster.ts';
import { simDrill } from '../../support/sim-drill.ts';
import { SimPlatform } from '../../support/sim-platform.ts';
import { SimWorld } from '../../support/sim-world.ts';

/** The short plan, on one line, and what it did to the cluster. */
async function shown(change: (drill: Drill) => Drill, redact = (text: string) => text) {
  const world = new SimWorld();
  return world.run(async () => {
    const cluster = new SimCluster(world.clock, { nodes: ['n1', 'n2'], alertAfterMs: 1_000 });
    const platform = new SimPlatform(cluster);
    const platforms: ReadonlyMap<string, Platform> = new Map([['sim', platform]]);
    const drills = [change(simDrill(cluster, { plan: { maxDown: 1 } }))];
    const text = shortPlan({ platforms }, await foreseeAll(world, { drills, platforms, redact }));
    expect(platform.commands).toEqual([]);
    return text.replace(/\s+/g, ' ');
  });
}

describe('the plan in short', () => {
  test('names each drill, its victim, what the platform would do, and how many may be down', async () => {
    expect(await shown((drill) => drill)).toContain(
      'A Simulated failover n1 sim stop n1 (at most 1 of 2 down at once)',
    );
  });

  test('names every candidate where the victim shows only later, and why', async () => {
    const text = await shown((drill) => ({ ...drill, strike: () => Promise.reject(new Error('nobody holds it yet')) }));
    expect(text).toContain('one of: n1 sim stop n1 (at most 1 of 2 down at once; which one cannot be said now: nobody');
    expect(text).toContain('or: n2 sim stop n2');
  });

  test('waits for no stack that hangs', async () => {
    const text = await shown((drill) => ({ ...drill, strike: () => new Promise(() => undefined) }));
    expect(text).toContain('cannot be said now: no result within 5000ms');
  });

  test('shows nothing that a terminal would obey, and no secret', async () => {
    const text = await shown(
      (drill) => ({ ...drill, strike: () => Promise.reject(new Error('\u001b[2Jlogin hunter2 failed')) }),
      (said) => said.replaceAll('hunter2', '[redacted]'),
    );
    expect(text).toContain('cannot be said now: login [redacted] failed');
    expect(text).not.toContain('\u001b');
  });
});
