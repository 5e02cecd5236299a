import { formatDuration } from '../core/duration.ts';
import type { Check } from '../core/scenario.ts';
import type { SentinelView } from '../probes/sentinel.ts';
import type { World } from '../world/world.ts';
import type { RedisSettings } from './b-redis-sentinel-failover.ts';
import { lookAtRedis, type RedisStack } from './b-redis-stack.ts';
import { at, okCheck } from './evidence.ts';
import { sumText, totalMs } from './sums.ts';

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
  let mostVotes = 0;
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
    const votes = votesOf(view, size, quorum);
    if (votes.quorum > votes.left) {
      const detail = `the quorum of ${quorum} on ${node} cannot be reached with one of ${size} hosts down: ${votes.left} are left`;
      return { name, status: 'unattainable', detail, hint: `SENTINEL SET <master> quorum ${Math.floor(size / 2) + 1}` };
    }
    if (votes.majority > votes.left) {
      const detail = `the sentinel on ${node} knows ${votes.known} sentinels, of which ${votes.majority} must agree, and with one host down ${votes.left} are left`;
      const hint = `let it forget those that are gone: SENTINEL RESET <master> on ${node}, then the same on the others, one by one`;
      return { name, status: 'unattainable', detail, hint };
    }
    mostVotes = Math.max(mostVotes, votes.quorum, votes.majority);
    slowestMs = Math.max(slowestMs, downAfterMs);
    longestRetryMs = Math.max(longestRetryMs, retryMs);
  }
  const parts = [
    { name: 'down-after', ms: slowestMs },
    { name: 'agreement and promotion', ms: FAILOVER_MS },
  ];
  const takesMs = totalMs(parts);
  const takes = `${sumText(parts, rtoMs)}, ${mostVotes} sentinels must agree and ${size - 1} are left`;
  const hint =
    'SENTINEL SET <master> down-after-milliseconds 5000, and failover-timeout well under the target, on every sentinel';
  if (takesMs >= rtoMs) return { name, status: 'unattainable', detail: `${takes}: ${target} cannot be met`, hint };
  // A first attempt that fails is repeated only after twice the failover-timeout.
  if (takesMs + 2 * longestRetryMs >= rtoMs) {
    const retry = {
      name: `until the next attempt (2 x failover-timeout ${formatDuration(longestRetryMs)})`,
      ms: 2 * longestRetryMs,
    };
    const detail = `${takes}; should the first attempt fail: ${sumText([...parts, retry], rtoMs)}, too late for ${target}`;
    return { name, status: 'warning', detail, hint };
  }
  return okCheck(name, takes);
}

/** A failover needs the quorum to call the master down, and a majority of all known sentinels to carry it out. */
function votesOf(view: SentinelView, size: number, quorum: number) {
  const others = Number(view.settings['num-other-sentinels']);
  const known = Number.isInteger(others) && others >= 0 ? others + 1 : size;
  return { quorum, known, majority: Math.floor(known / 2) + 1, left: size - 1 };
}
