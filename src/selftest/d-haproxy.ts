import { join } from 'node:path';
import type { JsonObject } from '../core/json.ts';
import type { JournalRecord } from '../journal/events.ts';
import { NAMES } from '../lab/blueprint.ts';
import type { Lab } from '../lab/lab.ts';
import {
  BACKENDS,
  balancerFolder,
  changeBalancer,
  metricsUrl,
  replaceLine,
  restoreBalancer,
  tell,
  tellEach,
} from './acts/balancer.ts';
import { removeRule, restoreRules } from './acts/monitoring.ts';
import { has, restart, rotateLogs } from './acts/nodes.ts';
import { onPrimary } from './acts/postgres.ts';
import { type LiveSabotage, PREFLIGHT } from './sabotage.ts';

const ALERT = 'HaproxyBackendDown';
const DOWN_LINE = { name: 'the balancer says DOWN', nodes: ['haproxy'], pattern: 'Server api/[^ ]+ is DOWN' };
/** On a lab that is well the backend is DOWN in 3 s and its alert fires in 8 s. */
const IMPATIENT: JsonObject = {
  limits: { alertWithin: '12s' },
  scenarios: { D: { downWithin: '6s', logs: [{ ...DOWN_LINE, within: '6s' }] } },
};
const REDISPATCH = [
  'option redispatch 1',
  'retries 3',
  'retry-on conn-failure empty-response',
  'http-request disable-l7-retry if !{ method GET HEAD }',
] as const;
const COOKIE = 'cookie GAMEDAY_BACKEND insert indirect nocache';

/** HAProxy as tuned as ever, but a request whose server is gone stays with it. */
export const noRedispatch: LiveSabotage = {
  id: 'd-no-redispatch',
  title: 'redispatch is off',
  scenario: 'D',
  kind: 'servers',
  round: 'careless',
  // Until it is DOWN, 2 s to 3 s later, lost requests are tried again at the dead backend and fail late: how long they surely failed varies.
  turns: [
    { gate: 'error-run', to: 'not PASS', because: /errors lasted too long|the limit lies within the uncertainty/ },
  ],
  before: (lab) => changeBalancer(lab, withoutRedispatch),
  after: restoreBalancer,
};

/** Prometheus knows no such alert, and the balancer's log goes where nobody reads it. */
export const mute: LiveSabotage = {
  id: 'd-mute',
  title: 'the alert rule is gone and the log is rotated away',
  scenario: 'D',
  kind: 'servers',
  round: 'careless',
  turns: [
    { gate: 'alerts', to: 'FAIL', because: /no such alerting rule is loaded/ },
    { gate: 'loud', to: 'FAIL', because: /no line "the balancer says DOWN"/ },
    { gate: 'silent', to: 'FAIL', because: /raised neither an alert nor a log line/ },
  ],
  // A line counts as missing once nobody could have been late any more: longer than its limit and than a log is behind.
  settings: {
    limits: { alertWithin: '12s' },
    scenarios: { D: { outage: '8s', logs: [{ ...DOWN_LINE, within: '5s' }] } },
  },
  async before(lab) {
    await rotateLogs(lab, ['haproxy']);
    await removeRule(lab, ALERT);
  },
  async after(lab) {
    await restoreRules(lab);
    if (has(lab, 'haproxy')) await restart(lab, 'haproxy');
  },
};

const keptOut: LiveSabotage = {
  id: 'd-kept-out',
  title: 'the backend never comes back into the pool',
  scenario: 'D',
  kind: 'servers',
  round: 'careless',
  turns: [
    { gate: 'up-again', to: 'not PASS', because: /did not become UP/ },
    { gate: 'healed', to: 'FAIL', because: /now MAINT/ },
  ],
  settings: { scenarios: { D: { heal: { deadline: '4s' } } } },
  during: (lab) => (record) =>
    record.type === 'undo.requested' ? tell(lab, `set server api/${record.node} state maint`) : undefined,
  after: restoreBalancer,
};

const messagesDeleted: LiveSabotage = {
  id: 'd-messages-deleted',
  title: 'acknowledged messages vanish from the database',
  scenario: 'D',
  kind: 'servers',
  round: 'careless',
  turns: [{ gate: 'messages', to: 'FAIL', because: /acknowledged writes? lost/ }],
  during(lab) {
    let session: string | undefined;
    return (record) => {
      if (record.type === 'session.started') session = sessionOf(record);
      if (record.type !== 'undo.requested' || session === undefined) return undefined;
      return deleteMessages(lab, session);
    };
  },
};

/** The cookie leads to the dead backend for ever: whoever has it is lost. */
const stuckToTheDead: LiveSabotage = {
  id: 'd-stuck-to-the-dead',
  title: 'the cookie holds clients at the dead backend',
  scenario: 'D',
  kind: 'servers',
  round: 'stuck',
  turns: [
    // Looks that get no answer say nothing of where the client is.
    { gate: 'sticky-moved', to: 'not PASS', because: /backend did not become another value/ },
    { gate: 'session-moved', to: 'FAIL', because: /no other node acknowledged/ },
    { gate: 'clean-after-down', to: 'FAIL', because: /looks? w(as|ere) not good/ },
  ],
  settings: IMPATIENT,
  before: (lab) =>
    changeBalancer(lab, (text) => replaceLine(withoutRedispatch(text), COOKIE, [COOKIE, 'force-persist if TRUE'])),
  after: restoreBalancer,
};

/** What Prometheus scrapes is a copy of what was true before. */
const frozenExporter: LiveSabotage = {
  id: 'd-frozen-exporter',
  title: "the exporter's figures are frozen",
  scenario: 'D',
  kind: 'servers',
  round: 'stuck',
  turns: [{ gate: 'alerts', to: 'not PASS', because: /did not fire for the stopped node/ }],
  settings: IMPATIENT,
  before: freezeMetrics,
  after: restoreBalancer,
};

const checksOff: LiveSabotage = {
  id: 'd-checks-off',
  title: 'the balancer no longer checks its backends',
  scenario: 'D',
  kind: 'servers',
  turns: [
    { gate: 'down', to: 'FAIL', because: /did not become DOWN/ },
    { gate: 'clean-after-down', to: 'INCONCLUSIVE', because: /there is no time after it changed/ },
  ],
  settings: IMPATIENT,
  async stop(lab, _node, stop) {
    await tellEach(lab, (server) => `disable health ${server}`);
    await stop();
  },
  during: (lab) => (record) =>
    record.type === 'undo.requested' ? tellEach(lab, (server) => `enable health ${server}`) : undefined,
  after: restoreBalancer,
};

const noCookie: LiveSabotage = {
  id: 'd-no-cookie',
  title: 'the sticky cookie is off',
  scenario: 'D',
  kind: 'servers',
  turns: [{ gate: PREFLIGHT, to: 'refused', because: /the balancer sets no cookie/ }],
  before: (lab) => changeBalancer(lab, (text) => replaceLine(text, COOKIE, [])),
  after: restoreBalancer,
};

export const ofHaproxy: readonly LiveSabotage[] = [
  noCookie,
  noRedispatch,
  mute,
  keptOut,
  messagesDeleted,
  stuckToTheDead,
  frozenExporter,
  checksOff,
];

function withoutRedispatch(text: string): string {
  return REDISPATCH.reduce((rest, line) => replaceLine(rest, line, []), text);
}

async function freezeMetrics(lab: Lab): Promise<void> {
  const { world, signal } = lab;
  const url = metricsUrl(lab);
  const now = (await world.http.request({ url, timeoutMs: 5_000, signal })).text();
  // The whole page is larger than what HAProxy hands out from a file.
  const kept = now.split('\n').filter((line) => line.startsWith('haproxy_server_status{'));
  const isUp = (name: string) =>
    kept.some((line) => line.includes(`server="${name}"`) && /state="UP"\} 1$/.test(line.trimEnd()));
  if (!BACKENDS.every(isUp)) throw new Error(`${url} does not say that both backends are UP`);
  const file = join(balancerFolder(lab), 'frozen.txt');
  await world.fs.write(file, `${kept.join('\n')}\n`, 0o600);
  await changeBalancer(lab, (text) =>
    replaceLine(text, 'http-request use-service prometheus-exporter if { path /metrics }', [
      `http-request return status 200 content-type "text/plain" file ${JSON.stringify(file)} if { path /metrics }`,
    ]),
  );
}

/** Name of the ledger's session, as the plan tells it to people. */
function sessionOf(record: Extract<JournalRecord, { type: 'session.started' }>): string | undefined {
  const target = record.scenarios.flatMap((plan) => plan.ledgers).find((one) => one.name === 'websocket')?.target;
  return /^messages of session (gameday-[0-9a-f]+) /.exec(target ?? '')?.[1];
}

async function deleteMessages(lab: Lab, session: string): Promise<void> {
  const deleted = await onPrimary(
    lab,
    NAMES.database,
    `DELETE FROM ws_messages WHERE session = '${session}' AND n <= 3 RETURNING n`,
  );
  if (deleted.length === 0) throw new Error(`no message of session ${session} stands in the database`);
}
