import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type WebSocketLedger, webSocketLedger } from '../../../src/ledgers/websocket.ts';
import { StickyCookie } from '../../../src/probes/sticky.ts';
import { type Said, scriptedHttp } from '../../support/scripted-http.ts';

/** A real server on loopback whose answers a test scripts. */
let server: Server;
let sockets: WebSocketServer;
let answer: (text: string, socket: WebSocket) => void;
let cookies: (string | undefined)[];
let ledger: WebSocketLedger;
let cookie: StickyCookie;
let said: Said;

const none = new AbortController().signal;
const ack = (by: string) => (text: string, socket: WebSocket) =>
  socket.send(JSON.stringify({ ack: JSON.parse(text).n, by }));

beforeEach(async () => {
  cookies = [];
  said = {};
  answer = ack('api-1');
  server = createServer();
  sockets = new WebSocketServer({ server });
  sockets.on('headers', (headers) => headers.push('set-cookie: B=api-1; path=/'));
  sockets.on('connection', (socket, request) => {
    cookies.push(request.headers.cookie);
    socket.on('message', (data) => answer(String(data), socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  cookie = new StickyCookie('B');
  ledger = webSocketLedger(
    { http: scriptedHttp(() => said) },
    {
      name: 'websocket',
      namespace: 'ab12',
      url: `ws://127.0.0.1:${port}/ws`,
      api: 'http://api/',
      cookie,
      intervalMs: 100,
      timeoutMs: 2_000,
    },
  );
});

afterEach(async () => {
  said = {};
  await ledger.remove(none);
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('webSocketLedger', () => {
  it('names the backend that acknowledged, and keeps the cookie', async () => {
    await ledger.open(none);
    expect(ledger.backend()).toBeUndefined();
    expect(await ledger.write(1, none)).toEqual({ outcome: 'acked', detail: 'api-1' });
    expect(ledger.backend()).toBe('api-1');
    expect(cookie.header()).toBe('B=api-1');
  });

  it('is indeterminate when the connection ends, and goes on with a fresh one at once', async () => {
    await ledger.open(none);
    answer = (_, socket) => socket.terminate();
    expect(await ledger.write(1, none)).toEqual({ outcome: 'indeterminate', detail: 'connection lost (1006)' });
    expect(ledger.backend()).toBeUndefined();
    answer = ack('api-2');
    expect(await ledger.write(2, none)).toEqual({ outcome: 'acked', detail: 'api-2' });
    expect(cookies).toEqual([undefined, 'B=api-1']);
  });

  it('takes a nack for indeterminate, and ignores what is no answer', async () => {
    answer = (_, socket) => {
      socket.send('garbage');
      socket.send('[1]');
      socket.send('{"ack":99,"by":"api-9"}');
      socket.send('{"nack":1,"error":"no database"}');
    };
    expect(await ledger.write(1, none)).toEqual({ outcome: 'indeterminate', detail: 'nack: no database' });
  });

  it('gives a connection up on which an answer stays out', async () => {
    answer = () => undefined;
    await ledger.open(none);
    const limit = new AbortController();
    const write = ledger.write(1, limit.signal);
    // The message has arrived once the server has seen it: only then may the limit pass.
    await new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    limit.abort();
    expect(await write).toEqual({ outcome: 'indeterminate', detail: 'no answer in 2000ms' });
    answer = ack('api-2');
    expect(await ledger.write(2, none)).toMatchObject({ outcome: 'acked' });
    expect(cookies.length).toBe(2);
  });

  it('says that a message was not sent when there is no connection', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await ledger.write(1, none)).toMatchObject({ outcome: 'rejected' });
  });

  it('audits by what the API has stored', async () => {
    said = { body: JSON.stringify({ messages: [1, 3, 3] }) };
    const entries = [1, 2, 3].map((id) => ({ id, startedAt: id, endedAt: id, outcome: 'acked' as const }));
    expect((await ledger.audit(entries, none))[0]).toMatchObject({
      ...{ acked: 3, lost: 1, lostIds: [2], duplicated: 1 },
      // A message is its number and nothing else.
      ...{ corrupted: null, stale: null },
    });
    said = { status: 503 };
    await expect(ledger.audit(entries, none)).rejects.toThrow('status 503');
    said = { body: '{}' };
    await expect(ledger.audit(entries, none)).rejects.toThrow('no list');
  });

  it('removes what the session has stored, and says so where the API does not', async () => {
    said = { status: 404 };
    await ledger.remove(none);
    said = { status: 405 };
    await expect(ledger.remove(none)).rejects.toThrow('the API did not delete gameday-ab12: status 405');
  });
});
