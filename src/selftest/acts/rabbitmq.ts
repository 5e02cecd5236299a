import { join } from 'node:path';
import { type Lab, nodeNamed } from '../../lab/lab.ts';

const BROKER = 'rabbitmq';

/** What queues hold on disk is gone, as it would be where messages were kept in memory alone. The broker must be down. */
export async function forgetMessages({ world, state }: Lab): Promise<void> {
  const base = join(nodeNamed({ state }, BROKER).folder, 'mnesia');
  let found = 0;
  for (const node of (await world.fs.list(base)) ?? []) {
    const stores = join(base, node, 'msg_stores', 'vhosts');
    for (const vhost of (await world.fs.list(stores)) ?? []) {
      for (const part of ['queues', 'msg_store_persistent']) {
        const path = join(stores, vhost, part);
        if (!(await world.fs.exists(path))) continue;
        await world.fs.remove(path);
        found += 1;
      }
    }
  }
  if (found === 0) throw new Error(`${BROKER} keeps no message store below ${base}`);
}
