import type { Condition } from '../../core/scenario.ts';
import { launch } from '../../platforms/lab/launch.ts';
import { inspectNode } from '../../platforms/lab.ts';
import { LOOPBACK } from '../blueprint.ts';
import { branch, type Lab, nodeNamed, nodesOf, portOf, until } from '../lab.ts';

const ANSWER_MS = 1_000;
const LIMIT_MS = 60_000;

/** A stack whose nodes need nothing but to be started. Resolves with what was seen when it was well. */
export async function bootPlain(lab: Lab, stack: string, healthy: (lab: Lab) => Promise<Condition>): Promise<string> {
  await Promise.all(nodesOf(lab, stack).map((node) => launch(lab.world, lab.state, node, node.processes)));
  return until(lab, LIMIT_MS, healthy);
}

/** All nodes of the stack are up: their processes live and they answer. */
export async function nodesUp(lab: Lab, stack: string): Promise<Condition> {
  const nodes = nodesOf(lab, stack);
  const seen = await Promise.all(
    nodes.map(async (node) => ({ node, look: await inspectNode(lab.world, lab.state, node, branch(lab).signal) })),
  );
  const waiting = seen.find(({ look }) => look.state !== 'up');
  if (waiting !== undefined) {
    return { ok: false, detail: `${waiting.node.name} is ${waiting.look.state}: ${waiting.look.detail}` };
  }
  return { ok: true, detail: nodes.map((node) => node.name).join(', ') };
}

/** The balancer has itself seen both servers up (it takes them for up before its first check), and the API is healthy through it. */
export async function webHealth(lab: Lab): Promise<Condition> {
  const up = await nodesUp(lab, 'haproxy');
  if (!up.ok || !lab.state.nodes.some((node) => node.name === 'haproxy')) return up;
  const haproxy = nodeNamed(lab, 'haproxy');
  const to = { host: LOOPBACK, port: portOf(haproxy, 'stats') };
  const stats = await lab.world.net.exchange(to, 'show stat\n', ANSWER_MS, lab.signal);
  const [header = '', ...rows] = stats.replace(/^# /, '').trim().split('\n');
  const names = header.split(',');
  const servers = rows
    .map((row) => new Map(row.split(',').map((value, index) => [names[index] ?? '', value])))
    .filter((row) => row.get('pxname') === 'api' && row.get('svname') !== 'BACKEND');
  const unsure = servers.find((row) => row.get('status') !== 'UP' || row.get('check_status') !== 'L7OK');
  if (servers.length === 0 || unsure !== undefined) {
    return {
      ok: false,
      detail: `${unsure?.get('svname') ?? 'no server'} is ${unsure?.get('status') ?? 'there'}, ${unsure?.get('check_status') ?? ''}`,
    };
  }
  return { ok: true, detail: `${servers.length} servers UP` };
}
