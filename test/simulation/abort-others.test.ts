import { describe, expect, it } from 'vitest';
import type { AbortLimits } from '../../src/engine/abort-limits.ts';
import { expectAborted, expectHolds, LONG, later, notesOf, twoDrills, WHILE_DOWN_MS } from '../support/abort-run.ts';
import { simDrill, withHealth } from '../support/sim-drill.ts';
import { runSim } from '../support/sim-session.ts';

describe('other stacks, as the health of the API tells', () => {
  const COMPONENTS: AbortLimits['components'] = { store: 'sim', cache: 'redis', objects: 'minio' };

  const health = (cache: string, store = 'healthy') => ({ store, cache, objects: 'healthy' });

  it('one goes out and stays out: the drill ends', async () => {
    const run = await runSim({
      abort: { components: COMPONENTS },
      drills: (setup) => {
        let cache = 'healthy';
        later(setup, WHILE_DOWN_MS, () => {
          cache = 'unhealthy';
        });
        return twoDrills(
          setup.cluster,
          withHealth(simDrill(setup.cluster, { plan: LONG }), () => health(cache)),
        );
      },
    });
    expectAborted(run, /the API calls cache \(redis\) unhealthy for 5.*, and this drill is about sim/);
  });

  it('one that needs the drilled stack may suffer: said once, and no abort', async () => {
    const run = await runSim({
      abort: { components: COMPONENTS, needs: { redis: ['sim'] } },
      drills: (setup) => {
        let cache = 'healthy';
        later(setup, WHILE_DOWN_MS, () => {
          cache = 'unhealthy';
        });
        return [withHealth(simDrill(setup.cluster, { plan: { outageMs: 20_000 } }), () => health(cache))];
      },
    });
    expectHolds(run);
    expect(notesOf(run)).toEqual(['the API calls cache (redis) unhealthy: it needs sim, which is being drilled']);
  });

  it('the drilled one may be out, and another one degraded, or out for a moment', async () => {
    const run = await runSim({
      abort: { components: COMPONENTS },
      drills: (setup) => {
        let cache = 'healthy';
        later(setup, 4_000, () => {
          cache = 'unhealthy';
        });
        later(setup, 7_000, () => {
          cache = 'degraded';
        });
        const store = () => (setup.cluster.isUp('n1') ? 'healthy' : 'unhealthy');
        return [withHealth(simDrill(setup.cluster), () => health(cache, store()))];
      },
    });
    expectHolds(run);
    expect(notesOf(run)).toEqual([]);
  });

  it('one that was out before the fault, or that nobody tells of, cannot be watched: said once', async () => {
    const run = await runSim({
      abort: { components: { ...COMPONENTS, messages: 'rabbitmq' } },
      drills: ({ cluster }) => [withHealth(simDrill(cluster), () => health('unhealthy'))],
    });
    expectHolds(run);
    expect(notesOf(run)).toEqual([
      'other stacks cannot be watched, no probe called them well before the fault: cache (redis), messages (rabbitmq)',
    ]);
  });
});
