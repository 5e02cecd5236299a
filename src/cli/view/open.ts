import type { World } from '../../world/world.ts';
import { type AlarmedView, withCommandsByHand } from './by-hand.ts';
import { plainView } from './plain.ts';
import { wantsLiveView } from './view.ts';

/** The view that suits where we are. What draws the live one is loaded only for it. */
export async function openView(world: World, plain: boolean): Promise<AlarmedView> {
  if (!wantsLiveView(world, plain)) return withCommandsByHand(world, plainView(world.tty.err), false);
  const { liveView } = await import('./live.ts');
  return withCommandsByHand(world, liveView(world), true);
}
