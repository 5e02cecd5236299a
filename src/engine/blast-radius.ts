import { messageOf } from '../core/errors.ts';
import type { NodeRef, Victim } from '../core/node.ts';
import { withDeadline } from '../world/await.ts';
import { type DrillRun, DrillStopped, platformOf, stoppedBy } from './drill-run.ts';

const LOOK_DEADLINE_MS = 10_000;

/**
 * Every victim is a node of this scenario's configuration, each is struck once, and all of them together are within the
 * limit. A second strike is for the nodes that survived the first; where none did, it is the same once more.
 */
export function verifyStrike(
  { drill, struckBefore }: Pick<DrillRun, 'drill' | 'struckBefore'>,
  victims: readonly Victim[],
): void {
  const { id, nodes, maxDown } = drill.plan;
  const refused = (reason: string) => new DrillStopped('not-injected', reason);
  if (victims.length === 0) throw refused('no victim could be chosen');
  const stranger = victims.find(({ node }) => !nodes.some((known) => isSame(known, node)));
  if (stranger !== undefined)
    throw refused(`${stranger.node.name} is not named in the configuration of scenario ${id}`);
  if (new Set(victims.map(({ node }) => node.name)).size < victims.length)
    throw refused(`one node was chosen twice: ${victims.map(({ node }) => node.name).join(', ')}`);
  const survived = nodes.map(({ name }) => name).filter((name) => !struckBefore.includes(name));
  const again = victims.find(({ node }) => survived.length > 0 && struckBefore.includes(node.name));
  if (again !== undefined)
    throw refused(
      `the turn would be at ${again.node.name} again, and the second strike is for what survived the first: ${survived.join(', ')}`,
    );
  if (victims.length > maxDown)
    throw refused(
      `this drill takes ${victims.length} of ${nodes.length} nodes down at once, and maxDown of scenario ${id} is ${maxDown}`,
    );
}

/**
 * No fault that would leave more redundant members down than the stack can lose. Read from the live stack right before:
 * whatever is down counts, for whatever reason, and so does everything that cannot be read. `victims` are the nodes still
 * to be struck; one that is down before its turn is not struck at all. Throws DrillStopped:
 * `not-injected` before the first fault, `aborted` after it.
 */
export async function verifyBlastRadius(run: DrillRun, victims: readonly string[]): Promise<void> {
  const { nodes, maxDown } = run.drill.plan;
  const down = await downNow(run);
  if (run.signal.aborted) throw stoppedBy(run.signal);
  const outcome = run.faults.length === 0 ? 'not-injected' : 'aborted';
  for (const name of victims) {
    const why = down.get(name);
    // What is down already would be brought back by us, although somebody else may have good reasons for it.
    if (why !== undefined) throw new DrillStopped(outcome, `${name} is down already, and not by this drill: ${why}`);
  }
  const others = [...down];
  const would = others.length + victims.length;
  if (would <= maxDown) return;
  const seen = others.map(([name, why]) => `${name} (${why})`).join(', ');
  const reason = `with ${victims.join(' and ')} ${would} of ${nodes.length} would be down, and ${maxDown} may be; down now: ${seen || 'none'}`;
  throw new DrillStopped(outcome, reason);
}

/** Members that are down, with who says so: the drill, which knows the stack, or the platform, which knows the node. */
async function downNow(run: DrillRun): Promise<ReadonlyMap<string, string>> {
  const { nodes } = run.drill.plan;
  const [said, seen] = await Promise.all([
    saidByDrill(run),
    Promise.all(nodes.map(async (node) => [node.name, await seenByPlatform(run, node)] as const)),
  ]);
  const down = new Map(said);
  for (const [name, why] of seen) if (why !== undefined) down.set(name, why);
  return down;
}

async function saidByDrill({ drill, world, signal }: DrillRun): Promise<readonly (readonly [string, string])[]> {
  try {
    const names = await withDeadline(world.clock, LOOK_DEADLINE_MS, signal, (inner) => drill.membersDown(inner));
    return names.map((name) => [name, 'does not serve']);
  } catch (error) {
    const why = `could not be asked: ${messageOf(error)}`;
    return drill.plan.nodes.map(({ name }) => [name, why]);
  }
}

/** Undefined only for a node that was inspected up. */
async function seenByPlatform(run: DrillRun, node: NodeRef): Promise<string | undefined> {
  try {
    const platform = platformOf(run, node);
    const { state } = await withDeadline(run.world.clock, LOOK_DEADLINE_MS, run.signal, (inner) =>
      platform.inspect(node, inner),
    );
    return state === 'up' ? undefined : `the platform says ${state}`;
  } catch (error) {
    return `could not be inspected: ${messageOf(error)}`;
  }
}

function isSame(one: NodeRef, other: NodeRef): boolean {
  return one.name === other.name && one.platform === other.platform;
}
