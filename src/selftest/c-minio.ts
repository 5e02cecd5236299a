import type { JsonObject } from '../core/json.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { Lab } from '../lab/lab.ts';
import type { Http, HttpResponse } from '../world/world.ts';
import { BACKENDS } from './acts/balancer.ts';
import { MINIO_NODES, removeObject, removeShards, replaceObject } from './acts/minio.ts';
import { act, has, restart, rotateLogs } from './acts/nodes.ts';
import { type LiveSabotage, NOT_BACK, PREFLIGHT, VERDICT } from './sabotage.ts';

/** Objects that are read throughout, more than one so that it takes no luck to read one of them, and one of those that are written. */
const READ_KEYS = ['seed/0', 'seed/1', 'seed/2', 'seed/3'];
const WRITTEN_KEY = 'w/1';
const READ_PREFIX = 'seed';
/** Where healing is not what is tested: nobody waits for it. */
const HASTY: JsonObject = { scenarios: { C: { heal: { deadline: '10s' } } } };
/** Where the order to heal is: it is given soon. */
/** Nodes that are back look for each other for up to 15 s, and only then can it be told what lacks a shard. */
const IMPATIENT: JsonObject = { scenarios: { C: { healing: { wait: '1s' }, heal: { deadline: '30s' } } } };
const LOST = {
  name: 'the API misses its object store',
  nodes: [...BACKENDS],
  pattern: 'objects \\(minio\\) (degraded|unavailable)',
};

/** Once, when the steady phase is over and nothing is stopped yet: something is done to the ledger's bucket. The first stop waits for it. */
function beforeStop(work: (lab: Lab, bucket: string) => Promise<void>): Pick<LiveSabotage, 'during' | 'stop'> {
  let bucket: string | undefined;
  return {
    during: () => (record) => {
      if (record.type === 'session.started') bucket = bucketOf(record);
      return undefined;
    },
    async stop(lab, _node, stop) {
      const mine = bucket;
      bucket = undefined;
      if (mine !== undefined) await work(lab, mine);
      await stop();
    },
  };
}

/** Once, when the second node is down as well. */
function whenTwoAreDown(
  work: (lab: Lab, seen: { readonly bucket: string; readonly survivor: string }) => Promise<void>,
): NonNullable<LiveSabotage['during']> {
  return (lab) => {
    const struck: string[] = [];
    let bucket = '';
    return (record) => {
      if (record.type === 'session.started') bucket = bucketOf(record);
      if (record.type !== 'fault.proven') return undefined;
      struck.push(record.node);
      const survivor = MINIO_NODES.find((name) => !struck.includes(name));
      return struck.length === 2 && survivor !== undefined ? work(lab, { bucket, survivor }) : undefined;
    };
  };
}

const objectReplaced: LiveSabotage = {
  id: 'c-object-replaced',
  title: 'a damaged object: other bytes than were written',
  scenario: 'C',
  kind: 'servers',
  round: 'objects',
  turns: [
    { gate: 'reads', to: 'FAIL', because: /\d protocol.*not good/ },
    { gate: 'objects', to: 'FAIL', because: /corrupted/ },
  ],
  settings: HASTY,
  ...beforeStop(async (lab, bucket) => {
    for (const key of READ_KEYS) await replaceObject(lab, 'minio-1', bucket, key);
  }),
};

/** In a session of its own: what is not there turns `reads` as well. */
const objectMissing: LiveSabotage = {
  id: 'c-object-missing',
  title: 'an acknowledged object is missing',
  scenario: 'C',
  kind: 'servers',
  turns: [{ gate: 'objects', to: 'FAIL', because: /acknowledged writes? lost/ }],
  settings: HASTY,
  ...beforeStop((lab, bucket) => removeObject(lab, 'minio-1', bucket, WRITTEN_KEY)),
};

/** Read quorum is two: with two nodes down no survivor may lack its shard. */
const shardMissing: LiveSabotage = {
  id: 'c-shard-missing',
  title: 'a survivor has lost its shards of what is read',
  scenario: 'C',
  kind: 'servers',
  round: 'shard',
  turns: [{ gate: 'reads', to: 'FAIL', because: /not good/ }],
  settings: HASTY,
  during: whenTwoAreDown((lab, { bucket, survivor }) => removeShards(lab, survivor, bucket, READ_PREFIX)),
};

/** A health endpoint that says 200 while every write fails; one that says 503 although all can be read. */
const lyingHealth: LiveSabotage = {
  id: 'c-lying-health',
  title: 'health says 200 while writes fail, and 503 while reads go on',
  scenario: 'C',
  kind: 'platform',
  round: 'shard',
  turns: [
    { gate: 'cluster-status', to: 'FAIL', because: /all-down: .*said 200/ },
    { gate: 'cluster-read-status', to: 'FAIL', because: /all-down: .*said 503/ },
  ],
  http: (http) => lying(http, { cluster: 200, 'cluster/read': 503 }),
};

/** A node that serves and says that it does not live: its own looks then count for nothing. */
const deadOrAlive: LiveSabotage = {
  id: 'c-dead-or-alive',
  title: 'the survivors say that they do not live',
  scenario: 'C',
  kind: 'platform',
  round: 'objects',
  turns: [{ gate: 'live-status', to: 'not PASS', because: /all-down: (.*said 503|no probe saw live)/ }],
  http: (http) => lying(http, { live: 503 }),
};

const fallAgain: LiveSabotage = {
  id: 'c-fall-again',
  title: 'both nodes fall again once they are back',
  scenario: 'C',
  kind: 'servers',
  turns: [
    { gate: 'writes-back', to: 'not PASS', because: NOT_BACK },
    { gate: 'drives', to: 'not PASS', because: /all online|drives/ },
    { gate: 'write-each', to: 'not PASS', because: /write/ },
    { gate: 'healed', to: 'FAIL', because: /minio-\d( does not serve| says \d| sees \d|: )/ },
  ],
  settings: { scenarios: { C: { heal: { deadline: '8s' } } } },
  during: (lab) => (record) => (record.type === 'undo.settled' ? act(lab, 'stop', [record.node]) : undefined),
};

/** The store refuses every order to heal, and does not do it by itself in the time that it has. */
const healingRefused: LiveSabotage = {
  id: 'c-healing-refused',
  title: 'healing is blocked: orders to heal are refused',
  scenario: 'C',
  kind: 'platform',
  round: 'unhealed',
  turns: [{ gate: 'healed', to: 'FAIL', because: /the requested heal failed.*403/ }],
  settings: IMPATIENT,
  http: (http) => onHealOrder(http, () => answerOf(403, '{"Code":"AccessDenied"}')),
};

const rotated: LiveSabotage = {
  id: 'c-logs-emptied',
  title: "the API's logs are rotated away",
  scenario: 'C',
  kind: 'servers',
  round: 'unhealed',
  turns: [{ gate: 'loud', to: 'FAIL', because: /no line/ }],
  settings: { scenarios: { C: { outage: '11s', logs: [{ ...LOST, within: '8s' }] } } },
  before: (lab) => rotateLogs(lab, BACKENDS),
  async after(lab) {
    for (const name of BACKENDS) if (has(lab, name)) await restart(lab, name);
  },
};

/** The store takes the order to heal, says that it is done, and does nothing. */
const claimsHealed: LiveSabotage = {
  id: 'c-claims-healed',
  title: 'healing is claimed and not done',
  scenario: 'C',
  kind: 'platform',
  turns: [{ gate: 'healed', to: 'FAIL', because: /lack a shard.*after a heal on request/ }],
  settings: IMPATIENT,
  http: claimingToHeal,
};

const threeDown: LiveSabotage = {
  id: 'c-three-down',
  title: 'three nodes are down already',
  scenario: 'C',
  kind: 'servers',
  turns: [{ gate: PREFLIGHT, to: 'refused', because: /minio-2 is down.*minio-3 is down.*minio-4 is down/s }],
  before: (lab) => act(lab, 'stop', MINIO_NODES.slice(1)),
};

const thirdFalls: LiveSabotage = {
  id: 'c-third-falls',
  title: 'a third node falls that nobody has touched',
  scenario: 'C',
  kind: 'servers',
  turns: [{ gate: VERDICT, to: 'FAIL', because: /aborted: .*the drill had not touched it/ }],
  settings: { scenarios: { C: { heal: { deadline: '4s' } } } },
  during: whenTwoAreDown((lab, { survivor }) => act(lab, 'stop', [survivor])),
};

export const ofMinio: readonly LiveSabotage[] = [
  threeDown,
  objectReplaced,
  objectMissing,
  shardMissing,
  lyingHealth,
  deadOrAlive,
  fallAgain,
  healingRefused,
  rotated,
  claimsHealed,
  thirdFalls,
];

/** Name of the ledger's bucket, as the plan tells it to people. */
function bucketOf(record: Extract<JournalRecord, { type: 'session.started' }>): string {
  const target = record.scenarios.flatMap((plan) => plan.ledgers).find((one) => one.name === 'objects')?.target;
  const bucket = / into (gameday-[0-9a-f]+) through /.exec(target ?? '')?.[1];
  if (bucket === undefined) throw new Error(`the plan does not name the bucket: ${target}`);
  return bucket;
}

/** While writes fail at a node its health endpoints say something else: a status by what follows `/minio/health/`. */
function lying(http: Http, lies: Readonly<Record<string, number>>): Http {
  const failing = new Set<string>();
  return {
    async request(request) {
      const answer = await http.request(request);
      const { host, pathname } = new URL(request.url);
      const endpoint = /^\/minio\/health\/(.+)$/.exec(pathname)?.[1];
      if (endpoint === 'cluster' && answer.status === 503) failing.add(host);
      if (endpoint === 'cluster' && answer.status !== 503) failing.delete(host);
      const lie = endpoint === undefined ? undefined : lies[endpoint];
      return lie !== undefined && failing.has(host) ? { ...answer, status: lie } : answer;
    },
  };
}

/** An order to heal is never passed on, and reported as carried out; a look is. */
function claimingToHeal(http: Http): Http {
  return onHealOrder(http, ({ searchParams }) => {
    const done = searchParams.has('clientToken') ? { Summary: 'finished', Items: [] } : { clientToken: 'done' };
    return answerOf(200, JSON.stringify(done));
  });
}

/** Answers orders to heal in the store's place. */
function onHealOrder(http: Http, answer: (url: URL) => HttpResponse): Http {
  return {
    async request(request) {
      const url = new URL(request.url);
      const isOrder =
        url.pathname.startsWith('/minio/admin/v3/heal/') && String(request.body).includes('"dryRun":false');
      return isOrder ? answer(url) : http.request(request);
    },
  };
}

function answerOf(status: number, text: string): HttpResponse {
  return { status, headers: {}, body: new TextEncoder().encode(text), text: () => text };
}
