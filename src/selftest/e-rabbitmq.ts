import type { JsonObject } from '../core/json.ts';
import { awayFor, serve, withhold } from './acts/api.ts';
import { BACKENDS, restoreBalancer } from './acts/balancer.ts';
import { endSilences, silence } from './acts/monitoring.ts';
import { act, has, restart, rotateLogs } from './acts/nodes.ts';
import { forgetMessages } from './acts/rabbitmq.ts';
import { type LiveSabotage, NOT_BACK, VERDICT } from './sabotage.ts';

const BROKER = 'rabbitmq';
/** The promise is 30 s; the API is looked at once a second. */
const TOO_LONG_MS = 32_000;
const JUST_RIGHT_MS = 27_000;
const LONG: JsonObject = { scenarios: { E: { outage: '34s' } } };

/** Persistent messages that were confirmed, in a broker that keeps nothing. */
const messagesLost: LiveSabotage = {
  id: 'e-messages-lost',
  title: 'the broker loses its messages with its memory',
  scenario: 'E',
  kind: 'servers',
  round: 'quiet',
  turns: [{ gate: 'data', to: 'FAIL', because: /acknowledged writes? lost/ }],
  async stop(lab, _node, stop) {
    await stop();
    await forgetMessages(lab);
  },
};

const muted: LiveSabotage = {
  id: 'e-muted',
  title: 'Alertmanager silences the alert, and the logs are rotated away',
  scenario: 'E',
  kind: 'servers',
  round: 'quiet',
  turns: [
    { gate: 'alerts', to: 'not PASS', because: /did not fire|silenced/ },
    { gate: 'loud', to: 'FAIL', because: /no line/ },
  ],
  settings: { limits: { alertWithin: '12s' } },
  async before(lab) {
    await rotateLogs(lab, BACKENDS);
    await silence(lab, 'RabbitmqDown');
  },
  async after(lab) {
    await endSilences(lab);
    for (const name of BACKENDS) if (has(lab, name)) await restart(lab, name);
  },
};

const staysAway: LiveSabotage = {
  id: 'e-stays-away',
  title: 'the API does not come back with the broker',
  scenario: 'E',
  kind: 'servers',
  round: 'unwatched',
  turns: [
    { gate: 'back', to: 'not PASS', because: NOT_BACK },
    { gate: 'healed', to: 'FAIL', because: /api|messages/ },
  ],
  settings: { scenarios: { E: { backWithin: '5s', heal: { deadline: '6s' } } } },
  during: (lab) => (record) => {
    if (record.type === 'undo.requested') return withhold(lab, 'errors');
    if (record.type === 'phase.ended' && record.phase === 'verify') return serve(lab, 'errors');
    return undefined;
  },
  after: restoreBalancer,
};

const prometheusDown: LiveSabotage = {
  id: 'e-prometheus-down',
  title: 'Prometheus is down',
  scenario: 'E',
  kind: 'servers',
  round: 'unwatched',
  turns: [{ gate: 'alerts', to: 'INCONCLUSIVE', because: /the alerts were not read before the fault/ }],
  before: (lab) => act(lab, 'stop', ['prometheus']),
};

const supervisor: LiveSabotage = {
  id: 'e-supervisor',
  title: 'a supervisor starts the broker again',
  scenario: 'E',
  kind: 'servers',
  turns: [{ gate: VERDICT, to: 'INCONCLUSIVE', because: /came back by itself/ }],
  settings: { scenarios: { E: { outage: '15s' } } },
  during: (lab) => (record) => (record.type === 'fault.proven' ? act(lab, 'start', [BROKER]) : undefined),
};

const stopsNothing: LiveSabotage = {
  id: 'e-stops-nothing',
  title: 'a stop that does not stop, and says that it did',
  scenario: 'E',
  kind: 'platform',
  turns: [
    { gate: VERDICT, to: 'INCONCLUSIVE', because: /could not be proven/ },
    { gate: 'back', to: 'INCONCLUSIVE', because: /the fault was not proven/ },
  ],
  stop: async () => undefined,
};

const away = (manner: Parameters<typeof awayFor>[0], words: string): LiveSabotage => ({
  id: `e-api-${manner}`,
  title: `the API ${words} for 32 s`,
  scenario: 'E',
  kind: 'servers',
  turns: [
    { gate: 'error-run', to: 'not PASS', because: /too long|uncertainty/ },
    { gate: 'bad-run', to: 'not PASS', because: /too long|uncertainty/ },
  ],
  settings: LONG,
  during: awayFor(manner, TOO_LONG_MS),
  after: restoreBalancer,
});

const notTooLong: LiveSabotage = {
  id: 'e-api-27s',
  title: 'the API answers 5xx for 27 s: within the promise',
  scenario: 'E',
  kind: 'servers',
  round: 'quiet',
  turns: [
    { gate: 'error-run', to: 'PASS', because: /./ },
    { gate: 'bad-run', to: 'PASS', because: /./ },
  ],
  settings: LONG,
  during: awayFor('errors', JUST_RIGHT_MS),
  after: restoreBalancer,
};

export const ofRabbitmq: readonly LiveSabotage[] = [
  messagesLost,
  muted,
  notTooLong,
  staysAway,
  prometheusDown,
  supervisor,
  stopsNothing,
  away('errors', 'answers 5xx'),
  away('refuses', 'refuses connections'),
  away('hangs', 'hangs'),
];
