import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { codeOf, unlessMissing } from './errno.ts';

const LOWEST = 10_000;
const HIGHEST = 65_535;
const KERNEL_DEFAULT = '32768 60999';

/**
 * Free ports outside the range from which the kernel picks the ports of outgoing connections. Inside it a client that
 * knocks again and again at a stopped server's port is one day given that very port as its own and then talks to
 * itself: the dead server seems alive, and cannot get its port back.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const candidates = await quietPorts();
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    const start = randomInt(candidates.length);
    for (let step = 0; step < candidates.length && ports.length < count; step += 1) {
      const port = candidates[(start + step) % candidates.length];
      const server = port === undefined ? undefined : await tryListen(port);
      if (port === undefined || server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  if (ports.length < count) throw new Error(`only ${ports.length} of ${count} free ports were found on 127.0.0.1`);
  return ports;
}

async function quietPorts(): Promise<readonly number[]> {
  const text = (await unlessMissing(readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'))) ?? KERNEL_DEFAULT;
  const [low = HIGHEST, high = HIGHEST] = text.trim().split(/\s+/).map(Number);
  const all = Array.from({ length: HIGHEST - LOWEST + 1 }, (_, index) => LOWEST + index);
  const quiet = all.filter((port) => port < low || port > high);
  return quiet.length > 0 ? quiet : all;
}

function tryListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const taken = ['EADDRINUSE', 'EACCES'].includes(codeOf(error) ?? '');
      if (taken) resolve(undefined);
      else reject(error);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
