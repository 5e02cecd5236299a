import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'vitest';
import { LOOPBACK } from '../../src/lab/blueprint.ts';
import { type Lab, nodeNamed, portOf } from '../../src/lab/lab.ts';
import { removeRule, restoreRules } from '../../src/selftest/acts/monitoring.ts';
import { act } from '../../src/selftest/acts/nodes.ts';
import { redisPort, SENTINEL_TIMES, type SentinelTimes, sentinel } from '../../src/selftest/acts/redis.ts';
import type { LiveSabotage } from '../../src/selftest/sabotage.ts';
import { labState, wellLab, world } from './lab-drills.ts';

const lab: Lab = { world, state: labState, signal: new AbortController().signal };

/** Does something to the lab, then the work, and undoes it however the work ended. */
async function during<T>(spoil: () => Promise<void>, mend: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    await spoil();
    return await work();
  } finally {
    await mend();
  }
}

/** What the selftest does before a session, and its way back. */
export function sabotaged<T>({ before, after }: LiveSabotage, work: () => Promise<T>): Promise<T> {
  return during(
    async () => before?.(lab),
    async () => {
      await after?.(lab);
      await wellLab();
    },
    work,
  );
}

/** Stops these nodes. All are started at once: some servers are well only together. */
export function withNodesDown<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  return during(() => act(lab, 'stop', names), wellLab, work);
}

/** Prometheus knows no such alert any more. */
export function withoutAlertRule<T>(name: string, work: () => Promise<T>): Promise<T> {
  return during(
    () => removeRule(lab, name),
    () => restoreRules(lab),
    work,
  );
}

/** What a sentinel takes for a master of which its configuration says nothing more: asked of a real one. */
export async function shippedSentinelTimes(): Promise<SentinelTimes> {
  const [name, asked] = ['redis-1', 'shipped'];
  expect(await sentinel(lab, name, 'MONITOR', asked, LOOPBACK, String(redisPort(lab, name)), '2')).toBe('OK');
  try {
    const reply = await sentinel(lab, name, 'MASTER', asked);
    if (!Array.isArray(reply)) throw new Error(`the sentinel of ${name} says ${JSON.stringify(reply)}`);
    const field = (key: string) => String(reply[reply.indexOf(key) + 1]);
    return {
      [SENTINEL_TIMES[0]]: field(SENTINEL_TIMES[0]),
      [SENTINEL_TIMES[1]]: field(SENTINEL_TIMES[1]),
    } as SentinelTimes;
  } finally {
    expect(await sentinel(lab, name, 'REMOVE', asked)).toBe('OK');
  }
}

/** An API that cannot live without its broker: 503 for as long as the broker's port is closed. The work is given its URL. */
export async function withFragileApi<T>(work: (url: string) => Promise<T>): Promise<T> {
  const broker = portOf(nodeNamed(lab, 'rabbitmq'), 'amqp');
  const server = createServer((_request, response) => {
    knock(broker).then((open) => {
      const status = open ? 'healthy' : 'unhealthy';
      response.writeHead(open ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status, servedBy: 'fragile', components: { messages: { status } } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  try {
    return await work(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function knock(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
