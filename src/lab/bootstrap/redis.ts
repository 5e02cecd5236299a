import type { LabNode } from '../../core/lab-state.ts';
import type { Condition } from '../../core/scenario.ts';
import { launch } from '../../platforms/lab/launch.ts';
import { LOOPBACK, NAMES } from '../blueprint.ts';
import { branch, type Lab, nodesOf, portOf, until } from '../lab.ts';
import { readSecret } from '../state.ts';

const ANSWER_MS = 1_000;
const LIMIT_MS = 60_000;

/** Servers know QUIT, sentinels do not; both hang up on a line that breaks the protocol. */
const HANG_UP = '*hang-up\r\n';

/** The sentinels come when the replicas are online: all at once takes 10 s instead of 2, since they look for replicas each 10 s. */
export async function bootRedis(lab: Lab): Promise<string> {
  const nodes = nodesOf(lab, 'redis');
  const start = (name: string): Promise<unknown> =>
    Promise.all(
      nodes.map((node) =>
        launch(
          lab.world,
          lab.state,
          node,
          node.processes.filter((process) => process.name === name),
        ),
      ),
    );
  await start('redis-server');
  const [master] = nodes;
  if (master === undefined) throw new Error('the lab has no redis node');
  await until(lab, LIMIT_MS, (at) => replicasOnline(at, master, nodes.length - 1));
  await start('redis-sentinel');
  return until(lab, LIMIT_MS, redisHealth);
}

/** Every sentinel names the same master, is connected to it, has its quorum, and knows every replica and every other sentinel. */
export async function redisHealth(lab: Lab): Promise<Condition> {
  const nodes = nodesOf(lab, 'redis');
  const views = await Promise.all(nodes.map((node) => sentinelView(branch(lab), node)));
  const masters = new Set(views.map((view) => view.master));
  const [port] = masters;
  const master = nodes.find((node) => String(portOf(node, 'redis')) === port);
  if (masters.size !== 1 || master === undefined)
    return { ok: false, detail: `the sentinels name ${masters.size} masters` };
  const others = nodes.length - 1;
  const unsure = views.find((view) => !view.quorum || view.slaves !== others || view.sentinels !== others);
  if (unsure !== undefined) {
    const seen = `${unsure.slaves} replicas and ${unsure.sentinels} other sentinels`;
    return { ok: false, detail: `the sentinel of ${unsure.node} sees ${seen}${unsure.quorum ? '' : ', no quorum'}` };
  }
  const apart = views.find((view) => view.flags !== 'master');
  if (apart !== undefined)
    return { ok: false, detail: `the sentinel of ${apart.node} calls the master ${apart.flags}` };
  const online = await replicasOnline(lab, master, others);
  return online.ok ? { ok: true, detail: `master ${master.name}, ${online.detail}` } : online;
}

async function replicasOnline(lab: Lab, master: LabNode, wanted: number): Promise<Condition> {
  const password = await readSecret(lab.world, lab.state, 'redis');
  const to = { host: LOOPBACK, port: portOf(master, 'redis') };
  const answer = await ask(lab, to, `AUTH ${password}\r\nINFO replication\r\n`);
  const online = answer.match(/^slave\d+:.*state=online/gm)?.length ?? 0;
  return { ok: online === wanted, detail: `${online} of ${wanted} replicas online` };
}

interface SentinelView {
  readonly node: string;
  readonly master: string;
  readonly slaves: number;
  readonly sentinels: number;
  readonly quorum: boolean;
  /** What it calls the master: `master`, and more where something is amiss (`master,disconnected`). */
  readonly flags: string;
}

async function sentinelView(lab: Lab, node: LabNode): Promise<SentinelView> {
  const question = `SENTINEL CKQUORUM ${NAMES.redisMaster}\r\nSENTINEL MASTER ${NAMES.redisMaster}\r\n`;
  const answer = await ask(lab, { host: LOOPBACK, port: portOf(node, 'sentinel') }, question);
  const field = (name: string): string =>
    new RegExp(`\\r\\n${name}\\r\\n\\$\\d+\\r\\n([^\\r\\n]*)`).exec(answer)?.[1] ?? '';
  return {
    node: node.name,
    master: field('port'),
    slaves: Number(field('num-slaves')),
    sentinels: Number(field('num-other-sentinels')),
    quorum: answer.startsWith('+OK'),
    flags: field('flags'),
  };
}

function ask(lab: Lab, to: { host: string; port: number }, question: string): Promise<string> {
  return lab.world.net.exchange(to, `${question}${HANG_UP}`, ANSWER_MS, lab.signal);
}
