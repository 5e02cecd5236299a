import type { JsonObject } from '../core/json.ts';
import type { Lab } from '../lab/lab.ts';
import { act } from './acts/nodes.ts';
import {
  endReceiver,
  pauseKeeper,
  pauseReceiver,
  restoreDemoteTimeout,
  restoreQuorum,
  setDemoteTimeout,
  setQuorum,
} from './acts/postgres.ts';
import { type LiveSabotage, VERDICT } from './sabotage.ts';

/** On a lab that is well writes are back in 7 s. */
const IMPATIENT: JsonObject = { limits: { alertWithin: '12s' }, scenarios: { A: { rto: '15s' } } };
const MINUTE_MS = 60_000;
/** Long enough for writes that only the primary has. */
const ALONE_MS = 1_000;
/** A node is unhealthy for the monitor after 3 s, and its state has changed a second later. */
const MISSED_MS = 7_000;
const DATA_NODES = ['pg-1', 'pg-2'] as const;

/** A primary that went away is replaced only after a minute: found before anything is broken. */
export const slowDemotion: LiveSabotage = {
  id: 'a-slow-demotion',
  title: 'primary_demote_timeout is 60 s, found beforehand',
  scenario: 'A',
  kind: 'servers',
  turns: [
    { gate: VERDICT, to: 'INCONCLUSIVE', because: /not attainable: .*1m00s demote.*1m00s cannot be met/ },
    { gate: 'rto', to: 'INCONCLUSIVE', because: /nothing was injected/ },
  ],
  before: (lab) => setDemoteTimeout(lab, MINUTE_MS),
  after: restoreDemoteTimeout,
};

const slowFailover: LiveSabotage = {
  id: 'a-slow-failover',
  title: 'a slow failover: primary_demote_timeout becomes 60 s after the preflight',
  scenario: 'A',
  kind: 'servers',
  turns: [{ gate: 'rto', to: 'FAIL', because: /good service|stayed/ }],
  settings: IMPATIENT,
  async stop(lab, _node, stop) {
    await setDemoteTimeout(lab, MINUTE_MS);
    await stop();
  },
  after: restoreDemoteTimeout,
};

const writesLost: LiveSabotage = {
  id: 'a-writes-lost',
  title: 'asynchronous replication with loss',
  scenario: 'A',
  kind: 'servers',
  turns: [{ gate: 'data', to: 'FAIL', because: /acknowledged writes? lost/ }],
  before: (lab) => setQuorum(lab, false),
  async stop(lab, node, stop) {
    const [standby = ''] = DATA_NODES.filter((name) => name !== node.name);
    const receiver = await pauseReceiver(lab, standby);
    try {
      await lab.world.clock.sleep(ALONE_MS, lab.signal);
      await stop();
    } finally {
      endReceiver(lab, receiver);
    }
  },
  after: restoreQuorum,
};

const freeze: LiveSabotage = {
  id: 'a-freeze',
  title: 'the nodes freeze one after the other once they are back',
  scenario: 'A',
  kind: 'servers',
  turns: [
    // Both go on before the audit, so the end of the drill may still see them well again: too late.
    { gate: 'rejoin', to: 'not PASS', because: /did not become secondary|became secondary too late/ },
    { gate: 'healthy-pg-1', to: 'not PASS', because: /did not become good|became good too late/ },
    { gate: 'healthy-pg-2', to: 'not PASS', because: /did not become good|became good too late/ },
    { gate: 'healed', to: 'FAIL', because: /health|unhealthy|writes/ },
  ],
  // Steady for so long that the second one freezes meanwhile.
  settings: { scenarios: { A: { verify: '10s', heal: { deadline: '25s' } } } },
  // A node that is quick rejoins within the second for which it has to be seen up.
  async start(lab, { name }, start) {
    await start();
    await pauseKeeper(lab, name);
  },
  during: (lab) => (record) => {
    if (record.type === 'undo.settled') return freezeBoth(lab, record.node);
    // The audit would wait for them.
    if (record.type === 'phase.ended' && record.phase === 'verify') return act(lab, 'resume', DATA_NODES);
    return undefined;
  },
  // One whose keeper alone stands still counts as up, and would not be resumed.
  after: (lab) => act(lab, 'resume', DATA_NODES),
};

export const ofPostgres: readonly LiveSabotage[] = [slowDemotion, slowFailover, writesLost, freeze];

/** The one that came back first, and the other once the monitor has missed it: two that vanish at once keep their states. */
async function freezeBoth(lab: Lab, victim: string): Promise<void> {
  await act(lab, 'pause', [victim]);
  await lab.world.clock.sleep(MISSED_MS, lab.signal);
  await act(lab, 'pause', DATA_NODES);
}
