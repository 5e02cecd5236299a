import { messageOf } from '../core/errors.ts';
import type { NodeState } from '../core/node.ts';
import type { Probe, Reading } from '../core/probe.ts';
import type { Check, Drill } from '../core/scenario.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';

const GONE: ReadonlySet<NodeState> = new Set(['down', 'paused']);

/** A node between users and the service, as it is now, and the command that starts it. */
export interface PathNode {
  readonly name: string;
  readonly state: NodeState;
  readonly detail: string;
  readonly start: string;
}

/** The nodes through which users come to what stands in a probe's target. None where nobody knows them. */
export type FindPath = (target: string, signal: AbortSignal) => Promise<readonly PathNode[]>;

/**
 * The same drill, which takes one look at what users use before it waits for a steady state: with the balancer down that
 * would never come. A bad answer alone blocks nothing, since it may pass: nobody listening does, or a node that is down.
 */
export function withUsersPath<Bound extends Drill>(
  world: Pick<World, 'clock'>,
  drill: Bound,
  findPath: FindPath,
): Bound {
  const looks = drill.probes.filter(({ user, health }) => user && health === true);
  return {
    ...drill,
    async preflight(signal: AbortSignal) {
      const [own, ...path] = await Promise.all([
        drill.preflight(signal),
        ...looks.map((probe) => lookAt(world, probe, drill.plan, findPath, signal)),
      ]);
      return [...own, ...path.flat()];
    },
  };
}

async function lookAt(
  world: Pick<World, 'clock'>,
  probe: Probe,
  { id, nodes }: Drill['plan'],
  findPath: FindPath,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { outcome, detail = outcome } = await sample(world, probe, signal);
  const seen = `${probe.target}: ${detail}`;
  if (outcome === 'ok') return [];
  const path = await findPath(probe.target, signal).catch(() => []);
  // One that is starting is waited for, like a bad answer; the drill's own nodes are looked at anyway.
  const down = path.filter(({ name, state }) => GONE.has(state) && !nodes.some((node) => node.name === name));
  if (down.length > 0)
    return down.map((node) => ({
      name: `node ${node.name}`,
      status: 'blocked',
      detail: `${node.name} is ${node.state} (${node.detail}), and users go through it: ${seen}`,
      hint: `start it: ${node.start}`,
    }));
  if (outcome !== 'refused' && outcome !== 'unreachable') return [];
  const hint = `start what has to answer there, or correct scenarios.${id}.api.url`;
  return [{ name: probe.name, status: 'blocked', detail: seen, hint }];
}

async function sample(world: Pick<World, 'clock'>, probe: Probe, signal: AbortSignal): Promise<Reading> {
  try {
    return await withDeadline(world.clock, probe.timeoutMs, signal, (inner) => probe.sample(inner));
  } catch (error) {
    return { outcome: 'timeout', detail: messageOf(error) };
  }
}
