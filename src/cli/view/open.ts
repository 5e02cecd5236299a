import type { World } from '../../world/world.ts';
import { withCommandsByHand } from './by-hand.ts';
import { plainView } from './plain.ts';
import { type SessionView, wantsLiveView } from './view.ts';

/** The view that suits where we are. What draws the live one is loaded only for it. */
export async function openView(world: World, plain: boolean): Promise<SessionView> {
  if (!wantsLiveView(world, plain)) return withCommandsByHand(world, plainView(world.tty.err), false);
  const { liveView } = await import('./live.ts');
  return withCommandsByHand(world, liveView(world), true);
}
