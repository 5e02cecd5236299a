import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeNamed, portOf } from '../../src/lab/lab.ts';
import { labState, world } from './lab-drills.ts';

const HOST = '127.0.0.1';

/** Something that accepts every connection and answers every request with this page and status 200. The work is given its port. */
export async function withStandIn<T>(page: string, work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', server: 'stand-in' });
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** HAProxy takes this server out of service for as long as the work lasts, as an operator may have left it. */
export async function withServerInMaintenance<T>(server: string, work: () => Promise<T>): Promise<T> {
  const stats = { host: HOST, port: portOf(nodeNamed({ state: labState }, 'haproxy'), 'stats') };
  const set = (state: string) => world.net.exchange(stats, `set server api/${server} state ${state}\n`, 5_000);
  try {
    await set('maint');
    return await work();
  } finally {
    await set('ready');
  }
}

/** Nodes of scenario D as the lab has them, but each is looked for at these ports: text for a gameday.yaml. */
export function backendsAt(ports: Readonly<Record<string, number>>): string {
  const nodes = Object.entries(ports).map(
    ([name, port]) => `{ name: ${name}, platform: lab, labels: { node: ${name} }, host: ${HOST}, port: ${port} }`,
  );
  return `version: 1\nscenarios:\n  D:\n    nodes: [${nodes.join(', ')}]\n`;
}
