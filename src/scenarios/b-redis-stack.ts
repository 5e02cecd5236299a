import { messageOf } from '../core/errors.ts';
import { askRole, type RedisNodeOptions, type RedisRole } from '../probes/redis.ts';
import { askSentinel, nodeAt, type SentinelOptions, type SentinelView } from '../probes/sentinel.ts';
import type { World } from '../world/world.ts';

/** The servers and the sentinels, in the same order: one of each a node. */
export interface RedisStack {
  readonly servers: readonly RedisNodeOptions[];
  readonly sentinels: readonly SentinelOptions[];
}

export interface RedisLook {
  /** What each node's server and sentinel said, or why nothing was heard. */
  readonly nodes: readonly {
    readonly name: string;
    readonly role: RedisRole | { readonly error: string };
    readonly view: SentinelView | { readonly error: string };
  }[];
  /** The node that every sentinel names; undefined when they differ or one was not heard. */
  readonly master: string | undefined;
  /** Names of nodes of which the server or the sentinel could not be read. */
  readonly down: readonly string[];
  /** Everything that is not as it must be; empty in the steady state. */
  readonly problems: readonly string[];
}

const LOOK_TIMEOUT_MS = 2_000;
/** Servers are not asked in the very same moment, and a busy master writes on: less than this is no lag. */
const MOST_LAG_BYTES = 16 * 1_024 * 1_024;

/** Asks every server and every sentinel at once. Never rejects: what could not be heard is a problem. */
export async function lookAtRedis(
  world: Pick<World, 'net'>,
  stack: RedisStack,
  signal: AbortSignal,
): Promise<RedisLook> {
  const nodes = await Promise.all(
    stack.servers.map(async (server, index) => {
      const sentinel = stack.sentinels[index];
      const [role, view] = await Promise.all([
        heard(askRole(world, server, LOOK_TIMEOUT_MS, signal)),
        heard(
          sentinel === undefined
            ? Promise.reject(new Error('no sentinel'))
            : askSentinel(world, sentinel, LOOK_TIMEOUT_MS, signal),
        ),
      ]);
      return { name: server.node, role, view };
    }),
  );
  const known = stack.sentinels[0]?.nodes ?? [];
  return { nodes, ...judgeLook(nodes, known) };
}

/** Pure: what is wrong with what was heard. */
export function judgeLook(
  nodes: RedisLook['nodes'],
  known: SentinelOptions['nodes'],
): Pick<RedisLook, 'master' | 'down' | 'problems'> {
  const problems: string[] = [];
  const down: string[] = [];
  const named = new Set<string>();
  const masters: string[] = [];
  for (const { name, role, view } of nodes) {
    if ('error' in role) problems.push(`redis on ${name} does not answer: ${role.error}`);
    else if (role.role === 'master') masters.push(name);
    else if (role.link !== 'connected') problems.push(`${name} is a replica without its master (link ${role.link})`);
    if ('error' in view) problems.push(`the sentinel on ${name} does not answer: ${view.error}`);
    else {
      named.add(view.master === undefined ? 'none' : nodeAt(view.master, known));
      problems.push(...viewProblems(name, view, nodes.length));
    }
    if ('error' in role || 'error' in view) down.push(name);
  }
  problems.push(...lagging(nodes));
  const [first] = named;
  const master = named.size === 1 && down.length === 0 ? first : undefined;
  if (named.size > 1) problems.push(`the sentinels name different masters: ${[...named].join(', ')}`);
  if (masters.length !== 1 || (master !== undefined && masters[0] !== master)) {
    problems.push(
      `${masters.join(' and ') || 'no node'} says that it is master, the sentinels name ${[...named].join(', ') || 'none'}`,
    );
  }
  return { master, down, problems };
}

/** Replicas that are attached and far behind: who takes over from a master must have what it acknowledged. */
function lagging(nodes: RedisLook['nodes']): readonly string[] {
  const seen = nodes.flatMap(({ name, role }) =>
    'error' in role || role.offset === undefined ? [] : [{ name, ...role }],
  );
  const master = seen.find(({ role }) => role === 'master');
  if (master?.offset === undefined) return [];
  const written = master.offset;
  return seen.flatMap(({ name, role, offset = 0 }) =>
    role === 'slave' && written - offset > MOST_LAG_BYTES
      ? [`${name} is ${Math.ceil((written - offset) / 1_024)} KiB behind its master ${master.name}`]
      : [],
  );
}

function viewProblems(name: string, view: SentinelView, size: number): readonly string[] {
  const problems: string[] = [];
  if (view.quorum !== 'OK') problems.push(`CKQUORUM on ${name}: ${view.quorum}`);
  const { flags, 'num-slaves': replicas, 'num-other-sentinels': others } = view.settings;
  if (flags !== 'master') problems.push(`the sentinel on ${name} flags the master as ${flags ?? 'unknown'}`);
  if (!isAtLeast(replicas, size - 1))
    problems.push(`the sentinel on ${name} knows ${replicas ?? 'no'} replicas, and ${size - 1} must be`);
  if (!isAtLeast(others, size - 1))
    problems.push(`the sentinel on ${name} knows ${others ?? 'no'} other sentinels, and ${size - 1} must be`);
  return problems;
}

/** A count that is none is not enough. No group has a thousand members: such a figure says that something is wrong with the rest. */
function isAtLeast(count: string | undefined, least: number): boolean {
  return count !== undefined && /^\d{1,3}$/.test(count) && Number(count) >= least;
}

async function heard<T>(answer: Promise<T>): Promise<T | { readonly error: string }> {
  try {
    return await answer;
  } catch (error) {
    return { error: messageOf(error) };
  }
}
