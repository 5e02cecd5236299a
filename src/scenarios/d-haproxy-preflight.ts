import { messageOf } from '../core/errors.ts';
import type { Check } from '../core/scenario.ts';
import { readServers, serverState, statsName } from '../probes/haproxy-stats.ts';
import { askSticky, StickyCookie, servedBy } from '../probes/sticky.ts';
import type { World } from '../world/world.ts';
import { timeToDown } from './d-haproxy-checks.ts';
import type { HaproxySettings } from './d-haproxy-settings.ts';

const TIMEOUT_MS = 3_000;
/** Answers that must come from one backend before the cookie counts as sticky. */
const STICKY_ANSWERS = 6;

/** What must be so before a backend may be stopped. Breaks nothing and never rejects. */
export async function haproxyPreflight(
  world: World,
  settings: HaproxySettings,
  url: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const parts = await Promise.all([checkServers(world, settings, signal), checkCookie(world, settings, url, signal)]);
  return parts.flat();
}

async function checkServers(world: World, settings: HaproxySettings, signal: AbortSignal): Promise<readonly Check[]> {
  const { stats, backend, nodes } = settings;
  const name = 'backends';
  try {
    const servers = await readServers(world, stats, backend, TIMEOUT_MS, signal);
    if (servers.length === 0) {
      return [
        blocked(name, `HAProxy knows no backend "${backend}"`, 'set scenarios.D.backend to the name in haproxy.cfg'),
      ];
    }
    const seen = nodes.map((node) => {
      const server = servers.find((one) => one.name === node.name);
      return { node: node.name, state: server === undefined ? 'missing' : serverState(server), server };
    });
    const bad = seen.filter(({ state }) => state !== 'UP');
    if (bad.length > 0) {
      const detail = bad.map(({ node, state }) => `${node} is ${state}`).join(', ');
      return [
        blocked(
          name,
          detail,
          'every backend must be UP by an HTTP check (option httpchk, check status L7OK) and be named as in haproxy.cfg',
        ),
      ];
    }
    const falls = seen.map(({ node, server }) => ({ name: node, fall: server?.checkFall }));
    return [
      { name, status: 'ok', detail: seen.map(({ node }) => `${node} UP (L7OK)`).join(', '), hint: '' },
      ...(await timeToDown(world, settings, falls)),
    ];
  } catch (error) {
    return [
      blocked(
        name,
        `the stats socket ${statsName(stats)} cannot be read: ${messageOf(error)}`,
        'check scenarios.D.stats, and that this user may open the socket',
      ),
    ];
  }
}

async function checkCookie(
  world: World,
  { cookie: cookieName, nodes }: HaproxySettings,
  url: string,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const name = 'sticky cookie';
  const cookie = new StickyCookie(cookieName);
  const served = new Set<string>();
  try {
    for (let count = 0; count < STICKY_ANSWERS; count += 1) {
      const response = await askSticky(world, url, cookie, TIMEOUT_MS, signal);
      if (response.status !== 200)
        return [
          blocked(
            name,
            `GET ${url}: status ${response.status}`,
            'the API must answer through the balancer before it is drilled',
          ),
        ];
      if (cookie.header() === undefined)
        return [
          blocked(
            name,
            `the balancer sets no cookie ${cookieName}`,
            'set scenarios.D.cookie to the name in haproxy.cfg (cookie NAME insert)',
          ),
        ];
      const backend = servedBy(response);
      if (backend === undefined)
        return [
          blocked(name, 'answers carry no header x-served-by', 'without it nobody can tell which backend served'),
        ];
      served.add(backend);
    }
  } catch (error) {
    return [blocked(name, messageOf(error), 'the API must answer through the balancer before it is drilled')];
  }
  const [backend = ''] = served;
  if (served.size > 1)
    return [
      blocked(
        name,
        `with the cookie ${[...served].join(' and ')} answered in turn`,
        'the cookie does not hold a client to its backend',
      ),
    ];
  if (!nodes.some((node) => node.name === backend)) {
    return [
      blocked(
        name,
        `x-served-by says ${backend}, which is no node of scenario D`,
        `nodes are named as x-served-by names them: ${nodes.map((node) => node.name).join(', ')}`,
      ),
    ];
  }
  return [{ name, status: 'ok', detail: `${STICKY_ANSWERS} answers from ${backend}`, hint: '' }];
}

function blocked(name: string, detail: string, hint: string): Check {
  return { name, status: 'blocked', detail, hint };
}
