import type { Clock } from '../world/world.ts';

/** Nodes that this drill stops. */
export const VICTIMS = 2;
const DAY_MS = 86_400_000;

/**
 * Two nodes, another pair (and order) each UTC day: a plan that was shown is the plan that is run, and repeated drills
 * reach every pair. A second strike takes two others than the first.
 */
export function victimsOf<T extends { readonly name: string }>(
  nodes: readonly T[],
  clock: Pick<Clock, 'wall'>,
  struck?: readonly string[],
): readonly T[] {
  if (struck !== undefined) return nodes.filter(({ name }) => !struck.includes(name)).slice(0, VICTIMS);
  const pairs = nodes.flatMap((first) => nodes.filter((second) => second !== first).map((second) => [first, second]));
  return (pairs[Math.floor(clock.wall() / DAY_MS) % Math.max(1, pairs.length)] ?? []).slice(0, VICTIMS);
}
