import { join } from 'node:path';
import { LOOPBACK } from '../../lab/blueprint.ts';
import { webHealth } from '../../lab/bootstrap/simple.ts';
import { type Lab, nodeNamed, portOf, until } from '../../lab/lab.ts';
import { editFile, restoreFile } from './files.ts';
import { has, restart } from './nodes.ts';

const BALANCER = 'haproxy';
const ANSWER_MS = 2_000;
const HEALTHY_MS = 30_000;
export const BACKENDS = ['api-1', 'api-2'] as const;

/** One command to the stats socket, which answers with nothing where all went well. */
export async function tell({ world, state, signal }: Lab, command: string): Promise<void> {
  const to = { host: LOOPBACK, port: portOf(nodeNamed({ state }, BALANCER), 'stats') };
  const answer = (await world.net.exchange(to, `${command}\n`, ANSWER_MS, signal)).trim();
  if (answer !== '') throw new Error(`HAProxy did not take "${command}": ${answer}`);
}

/** The same for both backends: `tellEach(lab, (server) => `set server ${server} state maint`)`. */
export async function tellEach(lab: Lab, command: (server: string) => string): Promise<void> {
  for (const name of BACKENDS) await tell(lab, command(`api/${name}`));
}

/** HAProxy with another configuration, and both backends checked by it. */
export async function changeBalancer(lab: Lab, edit: (text: string) => string): Promise<void> {
  await editFile(lab, fileOf(lab), edit);
  await reload(lab);
}

export async function restoreBalancer(lab: Lab): Promise<void> {
  if (!has(lab, BALANCER)) return;
  const restored = await restoreFile(lab, fileOf(lab), () => reload(lab));
  if (restored) return;
  // A power cut of the balancer itself also forgets what its socket was told.
  await tell(lab, 'enable frontend users').catch(() => undefined);
  await tellEach(lab, (server) => `enable health ${server}`);
  await tellEach(lab, (server) => `set server ${server} state ready`);
}

/** Where its own metrics are. */
export function metricsUrl({ state }: Pick<Lab, 'state'>): string {
  return `http://${LOOPBACK}:${portOf(nodeNamed({ state }, BALANCER), 'metrics')}/metrics`;
}

/** A line of the configuration that is taken away or put in another's place. Throws where it is not there. */
export function replaceLine(text: string, line: string, by: readonly string[]): string {
  const lines = text.split('\n');
  const at = lines.findIndex((one) => one.trim() === line);
  if (at === -1) throw new Error(`haproxy.cfg has no line "${line}"`);
  return [...lines.slice(0, at), ...by.map((one) => `  ${one}`), ...lines.slice(at + 1)].join('\n');
}

export function balancerFolder(lab: Pick<Lab, 'state'>): string {
  return nodeNamed(lab, BALANCER).folder;
}

function fileOf(lab: Pick<Lab, 'state'>): string {
  return join(balancerFolder(lab), 'haproxy.cfg');
}

async function reload(lab: Lab): Promise<void> {
  await restart(lab, BALANCER);
  await until(lab, HEALTHY_MS, webHealth);
}
