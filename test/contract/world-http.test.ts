import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createWorld } from '../../src/world/node-world.ts';
import { realHarness } from '../support/world-harness.ts';

const { http, net } = createWorld();
const cleanup: (() => void)[] = [];

afterEach(() => {
  for (const one of cleanup.splice(0)) one();
});

async function listen(
  server: Server,
  at: { host: string; port: number } | { path: string } = { host: '127.0.0.1', port: 0 },
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  cleanup.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(at);
  await once(server, 'listening');
  return 'path' in at ? 0 : (server.address() as AddressInfo).port;
}

const serve = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(createHttpServer(listener))}/`;
const serveRaw = async (talk: (socket: Socket) => void): Promise<number> =>
  listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      talk(socket);
    }),
  );

async function closedPort(): Promise<number> {
  const [port = 0] = await net.freePorts(1);
  return port;
}

describe('http', () => {
  test('sends method, headers and body, and takes any status as an answer', async () => {
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(503, { 'set-cookie': ['a=1', 'b=2'], 'X-Served-By': 'api-1' });
      response.end(`${request.method} ${request.headers['x-one']} ${body}`);
    });
    const answer = await http.request({
      url,
      method: 'PUT',
      headers: { 'X-One': '1' },
      body: 'content',
      timeoutMs: 5_000,
    });
    expect(answer.status).toBe(503);
    expect(answer.headers['set-cookie']).toBe('a=1, b=2');
    expect(answer.headers['x-served-by']).toBe('api-1');
    expect(answer.text()).toBe('PUT 1 content');
  });

  test('follows no redirect and opens a connection for each request', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    for (let round = 0; round < 3; round += 1) expect((await http.request({ url, timeoutMs: 5_000 })).status).toBe(302);
    expect(ports.size).toBe(3);
  });

  test('uses a kept connection again, as many side by side as are asked for', async () => {
    const ports: (number | undefined)[] = [];
    const url = await serve((request, response) => {
      ports.push(request.socket.remotePort);
      setTimeout(() => response.end('ok'), 20);
    });
    const ask = () => http.request({ url, connection: 'kept', timeoutMs: 5_000 });
    await ask();
    await Promise.all([ask(), ask(), ask()]);
    expect(ports).toHaveLength(4);
    expect(new Set(ports).size).toBe(3);
    expect(ports.slice(1)).toContain(ports[0]);
  });

  test('the signal alone can end a request', async () => {
    const url = await serve(() => undefined);
    await expect(http.request({ url, signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('calls a closed port refused', async () => {
    const port = await closedPort();
    await expect(http.request({ url: `http://127.0.0.1:${port}/`, timeoutMs: 5_000 })).rejects.toMatchObject({
      name: 'HttpFailure',
      kind: 'refused',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  test.each([
    ['a connection that is reset', (socket: Socket) => socket.resetAndDestroy()],
    ['a connection that is hung up on', (socket: Socket) => socket.once('data', () => socket.end())],
    [
      'an answer that is cut short',
      (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf')),
    ],
  ])('calls %s reset', async (_, talk) => {
    const url = `http://127.0.0.1:${await serveRaw(talk)}/`;
    await expect(http.request({ url, timeoutMs: 5_000 })).rejects.toMatchObject({ kind: 'reset' });
  });

  test.each([
    ['no answer', (socket: Socket) => socket.resume()],
    [
      'half an answer',
      (socket: Socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf')),
    ],
  ])('calls %s within the time a timeout', async (_, talk) => {
    const url = `http://127.0.0.1:${await serveRaw(talk)}/`;
    await expect(http.request({ url, timeoutMs: 100 })).rejects.toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('100ms'),
    });
  });

  test('gives up with the caller', async () => {
    const controller = new AbortController();
    const url = `http://127.0.0.1:${await serveRaw(() => controller.abort())}/`;
    const failure = { kind: 'timeout', message: expect.stringContaining('given up') };
    await expect(http.request({ url, timeoutMs: 60_000, signal: controller.signal })).rejects.toMatchObject(failure);
    await expect(http.request({ url, timeoutMs: 60_000, signal: controller.signal })).rejects.toMatchObject(failure);
  });

  test.each([
    ['what is not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an unasked upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['an answer over the limit', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(2_000)}`],
  ])('calls %s a protocol failure', async (_, answer) => {
    const url = `http://127.0.0.1:${await serveRaw((socket) => socket.once('data', () => socket.end(answer)))}/`;
    await expect(http.request({ url, timeoutMs: 5_000, maxBytes: 1_000 })).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('calls a name that does not resolve unreachable, and what is no URL a protocol failure', async () => {
    await expect(http.request({ url: 'http://gameday.invalid/', timeoutMs: 10_000 })).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await expect(http.request({ url: 'nowhere', timeoutMs: 1_000 })).rejects.toMatchObject({ kind: 'protocol' });
    await expect(http.request({ url: 'ftp://127.0.0.1/', timeoutMs: 1_000 })).rejects.toMatchObject({
      kind: 'protocol',
    });
  });
});

describe('net', () => {
  const echo = () => createServer((socket) => socket.once('data', (data) => socket.end(`you said ${data}`)));

  test('talks to a TCP port and to a unix socket until the other side closes', () =>
    realHarness.play(async ({ folder }) => {
      const port = await listen(echo());
      expect(await net.exchange({ host: '127.0.0.1', port }, 'hello', 5_000)).toBe('you said hello');
      const socket = join(folder, 'stats.sock');
      await listen(echo(), { path: socket });
      expect(await net.exchange({ socket }, 'show stat\n', 5_000)).toBe('you said show stat\n');
      await expect(net.exchange({ socket: join(folder, 'none.sock') }, 'x', 5_000)).rejects.toMatchObject({
        kind: 'refused',
      });
    }));

  test('names the kind of failure', async () => {
    const silent = await serveRaw((socket) => socket.resume());
    await expect(net.exchange({ host: '127.0.0.1', port: silent }, 'x', 100)).rejects.toMatchObject({
      kind: 'timeout',
    });
    const rude = await serveRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(net.exchange({ host: '127.0.0.1', port: rude }, 'x', 5_000)).rejects.toMatchObject({ kind: 'reset' });
    await expect(net.knock({ host: '127.0.0.1', port: await closedPort() }, 5_000)).rejects.toMatchObject({
      kind: 'refused',
    });
    await net.knock({ host: '127.0.0.1', port: silent }, 5_000);
    await expect(net.knock({ host: '127.0.0.1', port: silent }, 5_000, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'timeout',
    });
  });

  test('finds different free ports, and none from which the kernel takes ports of clients', async () => {
    const ports = await net.freePorts(20);
    expect(new Set(ports).size).toBe(20);
    const range = await createWorld().fs.readText('/proc/sys/net/ipv4/ip_local_port_range');
    const [low = 0, high = 0] = (range ?? '').trim().split(/\s+/).map(Number);
    if (low > 10_100) expect(ports.filter((port) => port >= low && port <= high)).toEqual([]);
    for (const port of ports) await listen(createServer(), { host: '127.0.0.1', port });
  });
});
