import { LOOPBACK, NAMES } from '../../lab/blueprint.ts';
import { type Lab, nodeNamed, portOf } from '../../lab/lab.ts';
import { readSecret } from '../../lab/state.ts';
import { redisCall } from '../../probes/redis-call.ts';
import { isRespError, type RespReply } from '../../probes/resp.ts';
import { has } from './nodes.ts';

const ANSWER_MS = 5_000;
export const REDIS_NODES = ['redis-1', 'redis-2', 'redis-3'] as const;
export const SENTINEL_TIMES = ['down-after-milliseconds', 'failover-timeout'] as const;
export type SentinelTimes = Readonly<Record<(typeof SENTINEL_TIMES)[number], string>>;

/** What the servers ship with, and what the lab's operator set. */
export const SHIPPED: SentinelTimes = { 'down-after-milliseconds': '30000', 'failover-timeout': '180000' };
const TUNED: SentinelTimes = { 'down-after-milliseconds': '3000', 'failover-timeout': '10000' };

export function redisPort(lab: Pick<Lab, 'state'>, name: string): number {
  return portOf(nodeNamed(lab, name), 'redis');
}

/** One command to a server. Rejects when it is refused. */
export async function redis(lab: Lab, name: string, ...words: readonly string[]): Promise<RespReply | undefined> {
  const { world, state, signal } = lab;
  const target = {
    host: LOOPBACK,
    port: redisPort(lab, name),
    password: await readSecret(world, state, 'redis'),
  };
  const [reply] = await redisCall(world.net, target, [words], ANSWER_MS, signal);
  if (isRespError(reply)) throw new Error(`${name}: ${words.slice(0, 2).join(' ')}: ${reply.error}`);
  return reply;
}

/** One command to a node's sentinel. Rejects when it is refused. */
export async function sentinel(lab: Lab, name: string, ...words: readonly string[]): Promise<RespReply | undefined> {
  const target = { host: LOOPBACK, port: portOf(nodeNamed(lab, name), 'sentinel') };
  const [reply] = await redisCall(lab.world.net, target, [['SENTINEL', ...words]], ANSWER_MS, lab.signal);
  if (isRespError(reply)) throw new Error(`the sentinel of ${name}: ${words.join(' ')}: ${reply.error}`);
  return reply;
}

/** Every sentinel has these times for its master. */
export async function setSentinelTimes(lab: Lab, times: SentinelTimes): Promise<void> {
  for (const name of REDIS_NODES)
    for (const key of SENTINEL_TIMES) await sentinel(lab, name, 'SET', NAMES.redisMaster, key, times[key]);
}

export async function restoreSentinelTimes(lab: Lab): Promise<void> {
  if (has(lab, 'redis-1')) await setSentinelTimes(lab, lab.state.defaults ? SHIPPED : TUNED);
}

/** Names of the servers that are replicas, as they say themselves. */
export async function replicasOf(lab: Lab): Promise<readonly string[]> {
  const roles = await Promise.all(
    REDIS_NODES.map(async (name) => ({ name, role: await redis(lab, name, 'ROLE').catch(() => undefined) })),
  );
  return roles.filter(({ role }) => Array.isArray(role) && role[0] === 'slave').map(({ name }) => name);
}

/** From now on the master is alone with what it takes: its replicas no longer get in. */
export async function cutReplication(lab: Lab, master: string): Promise<void> {
  for (const name of await replicasOf(lab)) await redis(lab, name, 'CONFIG', 'SET', 'masterauth', 'not-the-password');
  await redis(lab, master, 'CLIENT', 'KILL', 'TYPE', 'replica');
}

/** Every server that answers may follow a master again. */
export async function restoreReplication(lab: Lab): Promise<void> {
  if (!has(lab, 'redis-1')) return;
  const password = await readSecret(lab.world, lab.state, 'redis');
  for (const name of REDIS_NODES) {
    try {
      await redis(lab, name, 'CONFIG', 'SET', 'masterauth', password);
      // A failover meanwhile may have written the wrong one into its file.
      await redis(lab, name, 'CONFIG', 'REWRITE');
    } catch {
      // One that is down was never changed, or has read its file by the time it answers: the lab's own look decides.
    }
  }
}
