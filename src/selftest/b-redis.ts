import type { JsonObject } from '../core/json.ts';
import { delayRule, restoreRules } from './acts/monitoring.ts';
import {
  cutReplication,
  redis,
  restoreReplication,
  restoreSentinelTimes,
  SHIPPED,
  setSentinelTimes,
} from './acts/redis.ts';
import { type LiveSabotage, VERDICT } from './sabotage.ts';

/** On a lab that is well writes are back in 5 s and the alert fires in 8 s. */
const IMPATIENT: JsonObject = { limits: { alertWithin: '12s' }, scenarios: { B: { rto: '10s' } } };
/** Long enough for writes that the cut-off master takes alone. */
const ALONE_MS = 1_000;
/** Longer than a verify phase with the deadline below. */
const INSISTS_MS = 20_000;

/** What Sentinel ships with, found before anything is broken. */
export const shippedTimes: LiveSabotage = {
  id: 'b-shipped-times',
  title: 'the shipped times of Sentinel, found beforehand',
  scenario: 'B',
  kind: 'servers',
  turns: [
    { gate: VERDICT, to: 'INCONCLUSIVE', because: /not attainable: .*30s down-after.*30s cannot be met/ },
    { gate: 'rto', to: 'INCONCLUSIVE', because: /nothing was injected/ },
  ],
  before: (lab) => setSentinelTimes(lab, SHIPPED),
  after: restoreSentinelTimes,
};

const slowFailover: LiveSabotage = {
  id: 'b-slow-failover',
  title: 'a slow failover: the shipped times, set after the preflight',
  scenario: 'B',
  kind: 'servers',
  round: 'slow',
  turns: [{ gate: 'rto', to: 'FAIL', because: /good service|stayed/ }],
  settings: IMPATIENT,
  async stop(lab, _node, stop) {
    await setSentinelTimes(lab, SHIPPED);
    await stop();
  },
  after: restoreSentinelTimes,
};

const writesLost: LiveSabotage = {
  id: 'b-writes-lost',
  title: 'asynchronous replication with loss: the replicas are cut off before the stop',
  scenario: 'B',
  kind: 'servers',
  turns: [{ gate: 'data', to: 'FAIL', because: /acknowledged writes? lost/ }],
  settings: { scenarios: { B: { maxLost: 0 } } },
  async stop(lab, node, stop) {
    await cutReplication(lab, node.name);
    await lab.world.clock.sleep(ALONE_MS, lab.signal);
    await stop();
    await restoreReplication(lab);
  },
  after: restoreReplication,
};

const secondMaster: LiveSabotage = {
  id: 'b-second-master',
  title: 'the old master comes back as a master',
  scenario: 'B',
  kind: 'servers',
  round: 'afterwards',
  turns: [
    { gate: 'rejoin', to: 'not PASS', because: /it was last master|too late|uncertainty/ },
    { gate: 'healed', to: 'FAIL', because: /master/ },
  ],
  settings: { scenarios: { B: { heal: { deadline: '4s' } } } },
  during(lab) {
    let old: string | undefined;
    const again = async (name: string): Promise<void> => {
      const until = lab.world.clock.now() + INSISTS_MS;
      // The sentinels put it in its place after a while: it insists.
      while (old === name && !lab.signal.aborted && lab.world.clock.now() < until) {
        await redis(lab, name, 'REPLICAOF', 'NO', 'ONE');
        await lab.world.clock.sleep(200, lab.signal);
      }
    };
    return (record) => {
      if (record.type === 'phase.ended' && record.phase === 'verify') old = undefined;
      if (record.type === 'scenario.ended') old = undefined;
      if (record.type !== 'undo.settled' || record.outcome !== 'restored') return undefined;
      old = record.node;
      return again(record.node);
    };
  },
};

const longFor: LiveSabotage = {
  id: 'b-long-for',
  title: 'the alert rule waits for 60 s',
  scenario: 'B',
  kind: 'servers',
  round: 'afterwards',
  turns: [{ gate: 'alerts', to: 'FAIL', because: /did not fire/ }],
  // Watched for longer than its limit, from the proof on.
  settings: { limits: { alertWithin: '9s' }, scenarios: { B: { outage: '10s' } } },
  // After the preflight, which would call it not attainable.
  async stop(lab, _node, stop) {
    await delayRule(lab, 'RedisNodeDown', 60);
    await stop();
  },
  after: restoreRules,
};

const startsNothing: LiveSabotage = {
  id: 'b-starts-nothing',
  title: 'a start that starts nothing, and says that it did',
  scenario: 'B',
  kind: 'platform',
  round: 'slow',
  turns: [
    { gate: 'restored', to: 'FAIL', because: /is not restored/ },
    { gate: VERDICT, to: 'FAIL', because: /NOT RESTORED/ },
  ],
  settings: { scenarios: { B: { undo: { deadline: '30s' } } } },
  start: async () => undefined,
};

export const ofRedis: readonly LiveSabotage[] = [
  shippedTimes,
  slowFailover,
  startsNothing,
  writesLost,
  secondMaster,
  longFor,
];
