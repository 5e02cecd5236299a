import { EXIT, GamedayError } from '../core/errors.ts';
import type { Condition, Drill } from '../core/scenario.ts';
import { webSocketLedger } from '../ledgers/websocket.ts';
import { haproxyStatsProbe, readServers, serverFacts } from '../probes/haproxy-stats.ts';
import { httpProbe } from '../probes/http.ts';
import { askSticky, StickyCookie, servedBy, stickyProbe } from '../probes/sticky.ts';
import { agreement, data, errorRun, loud, moved, noBad } from '../verdict/gates/index.ts';
import type { Agreement } from '../verdict/params.ts';
import { apiProbe, buildPlan, judgeBy, nodeRef } from './common.ts';
import { haproxyPreflight } from './d-haproxy-preflight.ts';
import { type HaproxySettings, haproxyRedundancy, haproxySettings } from './d-haproxy-settings.ts';
import { closedPort } from './evidence.ts';
import { newNamespace, type ScenarioDeps, type ScenarioFactory } from './scenario.ts';
import { timesOf } from './settings.ts';

const STATS_TIMEOUT_MS = 2_000;
/** New users that are tried until one comes to a backend that the first strike spared. */
const NEW_USERS = 10;

const about = {
  id: 'D',
  slug: 'haproxy-backend-kill',
  stack: 'haproxy',
  stops: 1,
  title: 'HAProxy backend kill',
  purpose:
    'The backend that holds a WebSocket session dies. The balancer takes it out within the limit, no request fails once it is out, sticky clients and the session go on at another backend, and no acknowledged message is lost.',
} as const;

/** With the name of the backend that was struck, for the second strike; undefined before. */
interface HaproxyDrill extends Drill {
  struck(): string | undefined;
}

export const haproxyBackendKill: ScenarioFactory<typeof haproxySettings, HaproxyDrill> = {
  ...about,
  schema: haproxySettings,
  async bind(settings, deps) {
    return bindDrill(settings, deps);
  },
};

function bindDrill(settings: HaproxySettings, deps: ScenarioDeps<HaproxyDrill>): HaproxyDrill {
  const { world } = deps;
  const { stats, backend, nodes, ws } = settings;
  const names = nodes.map((node) => node.name);
  const base = settings.url.replace(/\/+$/, '');
  const url = `${base}${settings.rate.path}`;
  const { timeout: timeoutMs, expect } = settings.rate;
  // Not any 2xx: a 204 of a fallback serves nobody.
  const judge = judgeBy(expect && { ...expect, status: [200] });
  const cookie = new StickyCookie(settings.cookie);

  const session = webSocketLedger(world, {
    name: 'websocket',
    namespace: deps.namespace ?? newNamespace(world),
    url: ws,
    api: base,
    cookie,
    intervalMs: settings.ledger.interval,
    timeoutMs: settings.ledger.timeout,
  });
  const probes = [
    apiProbe(world, settings.api),
    httpProbe(world, {
      name: 'requests',
      url,
      ...timesOf(settings.rate),
      connection: settings.rate.connection,
      user: true,
      judge: (response) => {
        const { facts: _, ...reading } = judge(response);
        return reading;
      },
    }),
    stickyProbe(world, {
      name: 'sticky',
      url,
      cookie,
      intervalMs: settings.probes.sticky.interval,
      timeoutMs,
      judge,
    }),
    haproxyStatsProbe(world, {
      name: 'haproxy',
      stats,
      backend,
      servers: names,
      ...timesOf(settings.probes.haproxy),
    }),
  ];
  const plan = buildPlan(about, settings, deps, {
    needs: [],
    nodes: nodes.map(nodeRef),
    maxDown: haproxyRedundancy(settings).most,
    recoversAfter: 'fault',
    probes,
    ledgers: [session],
    alerts: [{ name: 'HaproxyBackendDown', of: 'first' }],
    logs: [{ name: 'the balancer says DOWN', nodes: ['haproxy'], pattern: `Server ${literal(backend)}/[^ ]+ is DOWN` }],
    gates: gates(settings),
    limitsMs: [settings.downWithin],
    notProven: [
      'loss of the balancer itself',
      'a backend that hangs instead of dying',
      'a session whose state lives in the memory of its backend',
    ],
  });
  let victim: string | undefined;

  const states = async (signal: AbortSignal) =>
    serverFacts(await readServers(world, stats, backend, STATS_TIMEOUT_MS, signal), names);
  const holderOfCookie = async (signal: AbortSignal): Promise<string> => {
    const response = await askSticky(world, url, cookie, timeoutMs, signal);
    return response.status === 200
      ? (servedBy(response) ?? 'nobody who says so')
      : `nobody (status ${response.status})`;
  };
  /** In a second strike the session has to be at a backend that the first one spared: a new user is looked for who is. */
  const settleAtSurvivor = async (signal: AbortSignal): Promise<void> => {
    const struck = deps.first?.struck();
    for (let tried = 0; struck !== undefined && tried < NEW_USERS; tried += 1) {
      const user = new StickyCookie(settings.cookie);
      const backend = servedBy(await askSticky(world, url, user, timeoutMs, signal));
      if (backend === undefined || backend === struck) continue;
      cookie.become(user);
      return;
    }
  };
  const allUp = async (signal: AbortSignal): Promise<Condition> => {
    const seen = await states(signal);
    const not = names
      .filter((name) => seen[name] !== 'UP')
      .map((name) => `${name} UP (now ${seen[name] ?? 'missing'})`);
    return not.length === 0 ? { ok: true, detail: `${names.join(' and ')} UP` } : { ok: false, detail: not.join(', ') };
  };

  return {
    plan,
    probes,
    ledgers: [
      {
        ...session,
        async open(signal) {
          await settleAtSurvivor(signal);
          await session.open(signal);
        },
      },
    ],
    struck: () => victim,
    preflight: (signal) => haproxyPreflight(world, settings, url, signal),
    async steady({ signal }) {
      const up = await allUp(signal);
      if (!up.ok) return up;
      const [socket, cookieAt] = [session.backend(), await holderOfCookie(signal)];
      if (socket === undefined)
        return { ok: false, detail: 'an acknowledged message of the WebSocket session (none yet)' };
      if (socket !== cookieAt)
        return { ok: false, detail: `session and cookie at one backend (now at ${socket} and ${cookieAt})` };
      return { ok: true, detail: `${up.detail}, session at ${socket}, cookie at ${cookieAt}` };
    },
    async strike() {
      const holder = session.backend();
      const node = nodes.find((one) => one.name === holder);
      if (node === undefined) {
        throw new GamedayError({
          code: 'no-victim',
          message:
            holder === undefined
              ? 'nobody holds the WebSocket session'
              : `the WebSocket session is held by ${holder}, which is no node of scenario D`,
          hint: `name the nodes as the backends name themselves: ${names.join(', ')}`,
          exitCode: EXIT.inconclusive,
        });
      }
      victim = node.name;
      return [{ node: nodeRef(node), afterMs: 0 }];
    },
    async membersDown(signal) {
      try {
        const seen = await states(signal);
        return names.filter((name) => seen[name] !== 'UP');
      } catch {
        // What cannot be read counts as down.
        return names;
      }
    },
    async gone(node, signal) {
      const settled = nodes.find((one) => one.name === node.name);
      return settled === undefined ? undefined : closedPort(world, settled, signal);
    },
    async recovered({ signal }) {
      const seen = await states(signal);
      if (victim === undefined || seen[victim] !== 'DOWN')
        return { ok: false, detail: `${victim ?? 'the victim'} DOWN (now ${seen[victim ?? ''] ?? 'not known'})` };
      const socket = session.backend();
      if (socket === undefined || socket === victim)
        return { ok: false, detail: `the WebSocket session at another backend (now at ${socket ?? 'none'})` };
      const cookieAt = await holderOfCookie(signal);
      if (!names.includes(cookieAt) || cookieAt === victim)
        return { ok: false, detail: `the sticky client at another backend (now at ${cookieAt})` };
      return { ok: true, detail: `${victim} DOWN, session at ${socket}, sticky client at ${cookieAt}` };
    },
    healed: ({ signal }) => allUp(signal),
  };
}

/** Text as a regular expression that matches nothing else. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function gates(settings: HaproxySettings) {
  const { downWithin, maxErrorRun, upWithin } = settings;
  const seconds = `${downWithin / 1_000}s`;
  const down: Agreement = { probes: ['haproxy'], key: '@victim', to: { oneOf: ['DOWN'] }, atLeast: 1 };
  const moves: Agreement = { probes: ['sticky'], key: 'backend', to: 'changed', atLeast: 1 };
  return [
    agreement.spec('down', `the balancer marks the dead backend DOWN within ${seconds}`, {
      ...down,
      from: 'fault',
      limitMs: downWithin,
    }),
    noBad.spec('clean-after-down', 'not one request fails once the backend is DOWN', {
      series: [{ probe: 'requests' }, { probe: 'sticky' }],
      window: { after: down },
      minSamples: 20,
    }),
    errorRun.spec('error-run', `no run of failed requests of ${maxErrorRun / 1_000}s during the outage`, {
      probes: ['requests', 'sticky'],
      window: 'outage',
      limitMs: maxErrorRun,
    }),
    agreement.spec('sticky-moved', `a sticky client is served by another backend within ${seconds}`, {
      ...moves,
      from: 'fault',
      limitMs: downWithin,
    }),
    moved.spec('session-moved', `the WebSocket session goes on at another backend within ${seconds}`, {
      ledger: 'websocket',
      limitMs: downWithin,
    }),
    data.spec('messages', 'no acknowledged message is lost', { ledger: 'websocket', maxLost: 0 }),
    agreement.spec('up-again', `the backend is UP by its checks within ${upWithin / 1_000}s of its start`, {
      probes: ['haproxy'],
      key: '@victim',
      to: { oneOf: ['UP'] },
      atLeast: 1,
      from: 'undo',
      limitMs: upWithin,
    }),
    loud.spec('loud', 'the outage was loud', {}),
  ];
}
