import { messageOf } from '../core/errors.ts';
import type { Victim } from '../core/node.ts';
import type { Platform } from '../core/platform.ts';
import type { Drill, ScenarioPlan } from '../core/scenario.ts';
import { columns } from '../report/columns.ts';
import { safeText } from '../report/safe.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import type { Stack } from './stack.ts';

const LOOK_UP_MS = 5_000;
const WIDTH = 100;

/** One drill as it would go at this moment. `problem`: why the victims could not be looked up. */
export interface Foreseen {
  readonly plan: ScenarioPlan;
  readonly victims: readonly Victim[];
  readonly problem: string | undefined;
}

/** What a stack's plan is shown from. */
export type Foreseeable = Pick<Stack, 'drills' | 'platforms' | 'redact'>;

/** Looks at the live stack for the victims of every drill. Breaks nothing and never rejects. */
export function foreseeAll(world: Pick<World, 'clock'>, stack: Foreseeable): Promise<readonly Foreseen[]> {
  return Promise.all(stack.drills.map((drill) => foresee(world, drill, stack.redact)));
}

async function foresee(world: Pick<World, 'clock'>, drill: Drill, redact: Foreseeable['redact']): Promise<Foreseen> {
  const { secondOf } = drill.plan;
  if (secondOf !== undefined)
    return { plan: drill.plan, victims: [], problem: `it depends on what survives the first strike, ${secondOf}` };
  try {
    const victims = await withDeadline(world.clock, LOOK_UP_MS, undefined, (signal) => drill.strike(signal));
    return { plan: drill.plan, victims, problem: undefined };
  } catch (error) {
    // What a server says goes to a terminal.
    return { plan: drill.plan, victims: [], problem: safeText(redact(messageOf(error))) };
  }
}

/** What a person would type for one action on a node. */
export function byHand(
  { platforms }: Pick<Stack, 'platforms'>,
  action: Parameters<Platform['byHand']>[0],
  { node }: Pick<Victim, 'node'>,
): string {
  return (
    platforms.get(node.platform)?.byHand(action, node) ??
    `${action} ${node.name} (platform ${node.platform} is not known here)`
  );
}

/**
 * The plan in short, before somebody is asked to agree: each drill with its victims as of now and what the platform would
 * do to them. Some victims show only while the drill's own clients are at work: then every candidate is named.
 */
export function shortPlan(stack: Pick<Stack, 'platforms'>, foreseen: readonly Foreseen[]): string {
  const rows = foreseen.flatMap(({ plan, victims, problem }): string[][] => {
    const drill = `${plan.id} ${plan.title}`;
    const rest = `at most ${plan.maxDown} of ${plan.nodes.length} down at once`;
    if (problem === undefined)
      return victims.map((victim, index) => [
        index === 0 ? drill : '',
        victim.node.name,
        `${byHand(stack, plan.action, victim)}   (${index === 0 ? rest : `${victim.afterMs} ms later`})`,
      ]);
    return plan.nodes.map((node, index) => [
      index === 0 ? drill : '',
      `${index === 0 ? 'one of: ' : '     or: '}${node.name}`,
      `${byHand(stack, plan.action, { node })}${index === 0 ? `   (${rest}; which one cannot be said now: ${problem})` : ''}`,
    ]);
  });
  return columns([['drill', 'node', 'would be done'], ...rows], WIDTH);
}
