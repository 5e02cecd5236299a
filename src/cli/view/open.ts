import type { World } from '../../world/world.ts';
import { plainView } from './plain.ts';
import { type SessionView, wantsLiveView } from './view.ts';

/** The view that suits where we are. What draws the live one is loaded only for it. */
export async function openView(world: World, plain: boolean): Promise<SessionView> {
  if (!wantsLiveView(world, plain)) return plainView(world.tty.err);
  const { liveView } = await import('./live.ts');
  return liveView(world);
}
