import { messageOf } from '../core/errors.ts';
import type { NodeState } from '../core/node.ts';
import { classify } from '../core/outcome.ts';
import type { Probe, Reading } from '../core/probe.ts';
import type { Check, Drill } from '../core/scenario.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';

const GONE: ReadonlySet<NodeState> = new Set(['down', 'paused']);
/** A name that was not found or a balancer that loads its configuration again has passed by then. */
const AGAIN_AFTER_MS = 1_000;
/** Two looks and the time between them have to fit into a preflight. */
const LONGEST_LOOK_MS = 8_000;

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
 * The same drill, which looks at what users use before it waits for a steady state: with the balancer down that would never
 * come. A bad answer alone blocks nothing, since it may pass: nobody listening does, or a node that is down, where a second
 * look sees the same. Where users are served, a node that is down blocks nothing.
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
  plan: Drill['plan'],
  findPath: FindPath,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const look = async () => blockedBy(await sample(world, probe, signal), probe, plan, findPath, signal);
  const first = await look();
  if (first.length === 0) return first;
  await world.clock.sleep(AGAIN_AFTER_MS, signal);
  return look();
}

async function blockedBy(
  { outcome, detail = outcome }: Reading,
  probe: Probe,
  { id, nodes }: Drill['plan'],
  findPath: FindPath,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (classify(outcome) !== 'bad') return [];
  const seen = `${probe.target}: ${detail}`;
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
    return await withDeadline(world.clock, Math.min(probe.timeoutMs, LONGEST_LOOK_MS), signal, (inner) =>
      probe.sample(inner),
    );
  } catch (error) {
    return { outcome: 'timeout', detail: messageOf(error) };
  }
}
