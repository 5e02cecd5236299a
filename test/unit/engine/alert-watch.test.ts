import { expect, it } from 'vitest';
import type { AlertSource, AlertState } from '../../../src/core/alert.ts';
import { AlertWatch } from '../../../src/engine/alert-watch.ts';
import { Wakefulness } from '../../../src/engine/wakefulness.ts';
import { recorderOver } from '../../support/recorder-over.ts';
import { SimWorld } from '../../support/sim-world.ts';

it('names an alert that lingers once, with its node and every place where it is active', async () => {
  const world = new SimWorld();
  const stop = new AbortController();
  const labels = { node: 'api-2', instance: '127.0.0.1:8405', proxy: 'api', state: 'UP' };
  const alert = { name: 'HaproxyBackendDown', labels, state: 'firing' } as const;
  const alerts: readonly AlertState[] = [
    { ...alert, where: 'prometheus' },
    { ...alert, where: 'alertmanager' },
    { ...alert, name: 'TargetDown', labels: { job: 'api' }, where: 'prometheus' },
  ];
  const source = { target: 'simulated', poll: async () => ({ alerts }), rules: async () => [] };
  const { recorder } = recorderOver(world);
  const awake = new Wakefulness(world.clock, 100);
  const watch = new AlertWatch(source as unknown as AlertSource, 'D', world.clock, recorder, awake);
  await world.run(async () => {
    const running = watch.run(stop.signal);
    await world.clock.sleep(500);
    stop.abort();
    await running;
  });
  expect(watch.lingering()).toEqual([
    'HaproxyBackendDown (api-2) firing in prometheus and alertmanager',
    'TargetDown ({job="api"}) firing in prometheus',
  ]);
});
