import { formatDuration } from '../core/duration.ts';
import type { Check } from '../core/scenario.ts';
import type { SentinelView } from '../probes/sentinel.ts';
import type { World } from '../world/world.ts';
import type { RedisSettings } from './b-redis-sentinel-failover.ts';
import { lookAtRedis, type RedisStack } from './b-redis-stack.ts';
import { at, okCheck } from './evidence.ts';

/** Measured over down-after: agreement of the sentinels, election, promotion, and the clients' next look. */
const FAILOVER_MS = 2_000;

/** Everything that must be true before Redis may be broken. Never throws. */
export async function preflightRedis(
  world: Pick<World, 'net'>,
  stack: RedisStack,
  settings: RedisSettings,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const look = await lookAtRedis(world, stack, signal);
  const checks: Check[] = [];
  look.nodes.forEach((node, index) => {
    const server = stack.servers[index];
    const sentinel = stack.sentinels[index];
    if (server === undefined || sentinel === undefined) return;
    checks.push(answerCheck(`redis ${node.name}`, at(server), node.role, node.name));
    checks.push(answerCheck(`sentinel ${node.name}`, at(sentinel), node.view, node.name));
  });
  if (look.down.length > 0) return checks;
  if (look.master === undefined || !settings.nodes.some((one) => one.name === look.master)) {
    const unknown = look.nodes.every(({ view }) => !('error' in view) && view.master === undefined);
    checks.push({
      name: 'master',
      status: 'blocked',
      detail: unknown
        ? `no sentinel knows a master called ${settings.masterName}`
        : `the sentinels do not agree on a configured master for ${settings.masterName}: ${look.problems.join('; ') || `they name ${look.master}`}`,
      hint: 'correct scenarios.B.masterName, and give each node the host and port that the sentinels announce',
    });
    return checks;
  }
  if (look.problems.length > 0) {
    checks.push({
      name: 'group',
      status: 'blocked',
      detail: look.problems.join('; '),
      hint: `wait until SENTINEL CKQUORUM ${settings.masterName} is OK and both replicas are attached, and run again`,
    });
  } else {
    checks.push(okCheck('group', `${look.master} is master, all agree`));
  }
  const views = look.nodes.flatMap(({ name, view }) => ('error' in view ? [] : [{ name, view }]));
  checks.push(attainability(views, settings.rto, settings.nodes.length));
  return checks;
}

function answerCheck(name: string, where: string, answer: object, node: string): Check {
  if (!('error' in answer)) return okCheck(name, `${where} answers`);
  const denied = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)/.test(String(answer.error));
  return {
    name,
    status: 'blocked',
    detail: `${name} at ${where}: ${String(answer.error)}`,
    hint: denied
      ? 'correct scenarios.B.password'
      : `start ${node} (see the runbook), or correct its host and ports in scenarios.B.nodes`,
  };
}

/** Can every sentinel's settings lead to a failover in time? */
export function attainability(
  views: readonly { readonly name: string; readonly view: SentinelView }[],
  rtoMs: number,
  size: number,
): Check {
  const name = 'attainable';
  const target = `the target of ${formatDuration(rtoMs)}`;
  let slowestMs = 0;
  let longestRetryMs = 0;
  for (const { name: node, view } of views) {
    const downAfterMs = Number(view.settings['down-after-milliseconds']);
    const retryMs = Number(view.settings['failover-timeout']);
    const quorum = Number(view.settings.quorum);
    if (![downAfterMs, retryMs, quorum].every((value) => Number.isFinite(value) && value > 0)) {
      return {
        name,
        status: 'blocked',
        detail: `the sentinel on ${node} does not tell its settings`,
        hint: `look at SENTINEL MASTER on ${node}`,
      };
    }
    if (quorum > size - 1) {
      const detail = `the quorum of ${quorum} on ${node} cannot be reached with one of ${size} hosts down`;
      return { name, status: 'unattainable', detail, hint: `SENTINEL SET <master> quorum ${Math.floor(size / 2) + 1}` };
    }
    slowestMs = Math.max(slowestMs, downAfterMs);
    longestRetryMs = Math.max(longestRetryMs, retryMs);
  }
  const takesMs = slowestMs + FAILOVER_MS;
  const takes = `a failover takes about ${formatDuration(takesMs)} (down-after ${formatDuration(slowestMs)})`;
  const hint =
    'SENTINEL SET <master> down-after-milliseconds 5000, and failover-timeout well under the target, on every sentinel';
  if (takesMs >= rtoMs) return { name, status: 'unattainable', detail: `${takes}: ${target} cannot be met`, hint };
  // A first attempt that fails is repeated only after twice the failover-timeout.
  if (takesMs + 2 * longestRetryMs >= rtoMs) {
    const detail = `${takes}; should the first attempt fail, the next one comes after ${formatDuration(2 * longestRetryMs)} (failover-timeout ${formatDuration(longestRetryMs)}), too late for ${target}`;
    return { name, status: 'warning', detail, hint };
  }
  return okCheck(name, `${takes}, and ${formatDuration(rtoMs)} is the target`);
}
