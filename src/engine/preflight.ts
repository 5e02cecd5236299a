import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Platform } from '../core/platform.ts';
import type { Check, Drill } from '../core/scenario.ts';
import { shellWord } from '../core/shell-word.ts';
import type { SessionStarted } from '../journal/events.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';

const DEADLINE_MS = 20_000;

/** What the session was asked for. */
type Asked = Pick<SessionStarted, 'profile' | 'config'>;

export interface DrillChecks {
  readonly drill: Drill;
  readonly checks: readonly Check[];
}

/** Looks at every chosen drill at once, before the first fault. Breaks nothing and never rejects. */
export async function preflightDrills(
  world: World,
  drills: readonly Drill[],
  platforms: ReadonlyMap<string, Platform>,
  signal: AbortSignal,
): Promise<readonly DrillChecks[]> {
  return Promise.all(
    drills.map(async (drill) => {
      // The same nodes with the same settings: what was seen for the first strike holds for the second.
      if (drill.plan.secondOf !== undefined) return { drill, checks: [] };
      const [nodes, own] = await Promise.all([
        nodeChecks(world, drill, platforms, signal),
        checksOf(world, drill, signal),
      ]);
      return { drill, checks: [...platformChecks(drill, platforms), ...nodes, ...own] };
    }),
  );
}

async function checksOf(world: World, drill: Drill, signal: AbortSignal): Promise<readonly Check[]> {
  try {
    return await withDeadline(world.clock, DEADLINE_MS, signal, (inner) => drill.preflight(inner));
  } catch (error) {
    return [
      {
        name: 'preflight',
        status: 'blocked',
        detail: messageOf(error),
        hint: `find out why with: gameday doctor --only ${drill.plan.id}`,
      },
    ];
  }
}

/** The platform must be able to break and to mend every node of the drill. */
function platformChecks(drill: Drill, platforms: ReadonlyMap<string, Platform>): readonly Check[] {
  const needed = drill.plan.action === 'stop' ? (['stop', 'start'] as const) : (['pause', 'resume'] as const);
  return drill.plan.nodes.flatMap((node): Check[] => {
    const platform = platforms.get(node.platform);
    if (platform === undefined) {
      return [
        {
          name: 'platform',
          status: 'blocked',
          detail: `${node.name}: platform "${node.platform}" does not exist here`,
          hint: `known: ${[...platforms.keys()].join(', ')}`,
        },
      ];
    }
    const cannot = needed.filter((action) => platform[action] === undefined);
    if (cannot.length === 0) return [];
    return [
      {
        name: 'platform',
        status: 'blocked',
        detail: `${node.name}: platform ${platform.id} cannot ${cannot.join(' and ')} a node`,
        hint: 'choose another platform for this node',
      },
    ];
  });
}

/** A drill begins with every node up: one that is down already, or of which nobody can say so, is named with what starts it. */
async function nodeChecks(
  world: World,
  drill: Drill,
  platforms: ReadonlyMap<string, Platform>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const checks = await Promise.all(
    drill.plan.nodes.map(async (node): Promise<Check | undefined> => {
      const platform = platforms.get(node.platform);
      if (platform === undefined) return undefined;
      const blocked = (detail: string): Check => ({
        name: `node ${node.name}`,
        status: 'blocked',
        detail,
        hint: `start it: ${platform.byHand('start', node)}`,
      });
      try {
        const { state, detail } = await withDeadline(world.clock, DEADLINE_MS, signal, (inner) =>
          platform.inspect(node, inner),
        );
        return state === 'up' ? undefined : blocked(`${node.name} is ${state} (${detail})`);
      } catch (error) {
        return blocked(`${node.name} could not be inspected: ${messageOf(error)}`);
      }
    }),
  );
  return checks.filter((check) => check !== undefined);
}

/** The error that refuses a session, with the command that runs the rest of it. Undefined when nothing is blocked. */
export function refusal(all: readonly DrillChecks[], asked: Asked): GamedayError | undefined {
  const blocked = all.flatMap(({ drill, checks }) =>
    checks.filter((check) => check.status === 'blocked').map((check) => ({ id: drill.plan.id, check })),
  );
  if (blocked.length === 0) return undefined;
  const letters = [...new Set(blocked.map(({ id }) => id))];
  const first = all.filter(({ drill }) => drill.plan.secondOf === undefined);
  const rest = first.map(({ drill }) => drill.plan.id).filter((id) => !letters.includes(id));
  const hints = [...new Set(blocked.map(({ check }) => check.hint).filter((hint) => hint !== ''))];
  return new GamedayError({
    code: 'preflight',
    message: `refused before the first fault, nothing was broken:\n${blocked.map(({ id, check }) => `  ${id} ${check.name}: ${check.detail}`).join('\n')}`,
    hint: [...hints, ...(rest.length === 0 ? [] : [`the rest can run: ${commandFor(rest, asked)}`])].join('\n      '),
    exitCode: EXIT.inconclusive,
  });
}

/** Names the rest by its letters: a `--skip` would break nodes that nobody had chosen. The drills stay what they were asked to be. */
function commandFor(ids: readonly string[], { profile, config }: Asked): string {
  const { outage, secondStrike, force } = isJsonObject(config.options) ? config.options : {};
  return [
    `gameday run --only ${ids.join('')}`,
    ...(profile === 'standard' ? [] : [`--profile ${profile}`]),
    ...(typeof outage === 'string' ? [`--outage ${shellWord(outage)}`] : []),
    ...(secondStrike === true ? ['--second-strike'] : []),
    ...(force === true ? ['--force'] : []),
  ].join(' ');
}

/** A node that an earlier session left down makes every measurement on its stack worthless, and a second fault could end it. */
export function leftoverRefusal(checks: readonly Check[]): GamedayError | undefined {
  const blocked = checks.filter((check) => check.status === 'blocked');
  if (blocked.length === 0) return undefined;
  return new GamedayError({
    code: 'leftovers',
    message: `refused before the first fault, nothing was broken:\n${blocked.map((check) => `  ${check.detail}`).join('\n')}`,
    hint: blocked.map((check) => check.hint).join('\n      '),
    exitCode: EXIT.inconclusive,
  });
}

export function isUnattainable(checks: readonly Check[]): Check | undefined {
  return checks.find((check) => check.status === 'unattainable');
}
