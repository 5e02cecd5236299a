import { messageOf } from '../core/errors.ts';
import type { Probe } from '../core/probe.ts';
import type { World } from '../world/world.ts';
import { outcomeOfError } from './failure.ts';
import { type RedisTarget, redisCall } from './redis-call.ts';
import { isRespError, type RespReply, RespSyntaxError } from './resp.ts';

export interface RedisNodeOptions extends RedisTarget {
  /** `redis-1`. The probe is `redis:redis-1`. */
  readonly node: string;
}

export interface RedisRole {
  readonly role: 'master' | 'slave';
  /** Of a replica: `connected`, `connecting`, `sync`, …; of a master: how many replicas are attached. */
  readonly link: string;
  /** Bytes of the replication stream that it has written, or received; absent where the server does not say. */
  readonly offset?: number;
}

/** Asks a server for its role over a fresh connection. Rejects when it cannot be read. */
export async function askRole(
  world: Pick<World, 'net'>,
  target: RedisTarget,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<RedisRole> {
  const [reply] = await redisCall(world.net, target, [['ROLE']], timeoutMs, signal);
  return parseRole(reply);
}

/**
 * Facts: `<node>` is `master` or `slave`, or `down` while nothing listens; `<node>:link` as `RedisRole` says. A node that
 * hangs yields no fact: nobody knows what it is.
 */
export function redisProbe(
  world: Pick<World, 'net'>,
  options: RedisNodeOptions,
  times: { readonly intervalMs: number; readonly timeoutMs: number },
): Probe {
  const { node } = options;
  return {
    name: `redis:${node}`,
    user: false,
    target: `ROLE at ${options.host}:${options.port}`,
    ...times,
    async sample(signal) {
      try {
        const { role, link } = await askRole(world, options, times.timeoutMs, signal);
        const facts = { [node]: role, [`${node}:link`]: link };
        const attached = role === 'master' || link === 'connected';
        return attached ? { outcome: 'ok', facts } : { outcome: 'degraded', detail: `link ${link}`, facts };
      } catch (error) {
        const outcome = outcomeOfError(error);
        const detail = messageOf(error);
        return outcome === 'refused' ? { outcome, detail, facts: { [node]: 'down' } } : { outcome, detail };
      }
    },
  };
}

/** Reply of ROLE. Throws for anything but a master or a replica. */
function parseRole(reply: RespReply | undefined): RedisRole {
  if (isRespError(reply)) throw new RespSyntaxError(reply.error);
  if (Array.isArray(reply)) {
    const [role, second, third, fourth, fifth] = reply;
    if (role === 'master' && typeof second === 'number' && Array.isArray(third)) {
      return { role, link: `${third.length} ${third.length === 1 ? 'replica' : 'replicas'}`, offset: second };
    }
    if (role === 'slave' && typeof second === 'string' && typeof fourth === 'string')
      return { role, link: fourth, ...(typeof fifth === 'number' && fifth >= 0 ? { offset: fifth } : {}) };
  }
  throw new RespSyntaxError('the server answered ROLE with no role');
}
