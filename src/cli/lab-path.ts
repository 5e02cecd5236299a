import type { LabState } from '../core/lab-state.ts';
import { createLabPlatform } from '../platforms/lab.ts';
import type { FindPath } from '../scenarios/users-path.ts';
import type { World } from '../world/world.ts';

/** The lab's nodes on the way of a probe: all of the stack to which the port in its target belongs (balancer and API). */
export function labPath(world: World, lab: LabState): FindPath {
  const platform = createLabPlatform(world, lab);
  return async (target, signal) => {
    const port = Number(/:\/\/[^/\s]*:(\d+)/.exec(target)?.[1]);
    const first = lab.nodes.find((node) => Object.values(node.ports).includes(port));
    const nodes = first === undefined ? [] : lab.nodes.filter((node) => node.stack === first.stack);
    return Promise.all(
      nodes.map(async ({ name }) => {
        const ref = { name, platform: platform.id, labels: {} };
        return { name, ...(await platform.inspect(ref, signal)), start: platform.byHand('start', ref) };
      }),
    );
  };
}
