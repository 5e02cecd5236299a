import type { WebSocket } from 'ws';
import { messageOf } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Ledger, WriteResult } from '../core/ledger.ts';
import type { World } from '../world/world.ts';
import { compareEntries } from './compare.ts';

/** The balancer's cookie, shared with whoever plays the same user. */
interface SharedCookie {
  header(): string | undefined;
  adopt(sent: string | undefined, setCookie: string | undefined): void;
}

export interface WebSocketLedgerOptions {
  readonly name: string;
  /** Makes the session one of its own. */
  readonly namespace: string;
  /** `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  /** Base URL of the API, for the audit. */
  readonly api: string;
  readonly cookie: SharedCookie;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface WebSocketLedger extends Ledger {
  /** The backend that holds the session: who acknowledged last on the connection that is open now. */
  backend(): string | undefined;
}

const API_TIMEOUT_MS = 10_000;

/** `readyState` of a socket that can send; one that is closing is of no use, though its end has not been told yet. */
const OPEN = 1;

/** One open connection and the messages on it that nobody has answered yet. */
interface Connection {
  readonly socket: WebSocket;
  readonly pending: Map<number, (result: WriteResult) => void>;
  backend: string | undefined;
}

/**
 * Numbered messages in one session. The detail of an acknowledged write is the backend that acknowledged it. When the
 * connection ends, everything unanswered is indeterminate and a fresh connection is made at once. A `nack` is
 * indeterminate too: the server could not say that the message stands, which is not to say that it does not.
 */
export function webSocketLedger(world: Pick<World, 'http'>, options: WebSocketLedgerOptions): WebSocketLedger {
  const { name, url, api, cookie, intervalMs, timeoutMs } = options;
  const session = `gameday-${options.namespace}`;
  const stored = `${api.replace(/\/+$/, '')}/api/v1/sessions/${session}`;
  let current: Connection | undefined;
  let opening: Promise<Connection> | undefined;
  let removed = false;

  const lost = (connection: Connection, code: number): void => {
    if (current === connection) current = undefined;
    for (const settle of connection.pending.values())
      settle({ outcome: 'indeterminate', detail: `connection lost (${code})` });
    connection.pending.clear();
    // A failed attempt is no loss of evidence: the next write tries again and says why it could not.
    if (!removed) ensure().catch(() => undefined);
  };
  const ensure = async (): Promise<Connection> => {
    if (current?.socket.readyState === OPEN) return current;
    opening ??= connect(url, cookie, timeoutMs, lost).finally(() => {
      opening = undefined;
    });
    current = await opening;
    return current;
  };

  return {
    name,
    target: `messages of session ${session} on ${url}`,
    intervalMs,
    timeoutMs,
    concurrency: 16,
    user: true,
    namespace: { what: `session ${session} of the API`, byHand: `curl -X DELETE ${stored}` },
    backend: () => (current?.socket.readyState === OPEN ? current.backend : undefined),
    async open() {
      await ensure();
    },
    async write(id, signal) {
      let connection: Connection;
      try {
        connection = await ensure();
      } catch (error) {
        return { outcome: 'rejected', detail: `not sent: ${messageOf(error)}` };
      }
      if (signal.aborted) return { outcome: 'rejected', detail: 'not sent: no connection in time' };
      return send(connection, session, id, signal, timeoutMs);
    },
    async audit(entries, signal) {
      const response = await world.http.request({
        url: stored,
        timeoutMs: API_TIMEOUT_MS,
        signal,
      });
      if (response.status !== 200)
        throw new Error(`the session's messages could not be read: status ${response.status}`);
      const body: unknown = JSON.parse(response.text());
      const numbers = isJsonObject(body) && Array.isArray(body.messages) ? body.messages : undefined;
      if (numbers === undefined) throw new Error("the session's messages could not be read: no list of messages");
      return [
        compareEntries(
          `session ${session}`,
          entries,
          numbers.map((n) => ({ id: Number(n), intact: true })),
          // A message is no more than its number.
          { stale: null, unseen: ['corrupted'] },
        ),
      ];
    },
    async remove(signal) {
      removed = true;
      const connection = current ?? (await opening?.catch(() => undefined));
      if (connection !== undefined) await close(connection.socket, signal);
      const { status } = await world.http.request({
        method: 'DELETE',
        url: stored,
        timeoutMs: API_TIMEOUT_MS,
        signal,
      });
      if (status >= 300 && status !== 404) throw new Error(`the API did not delete ${session}: status ${status}`);
    },
  };
}

/** Rejects when the handshake fails. `lost` is called once, after an open connection has ended. */
async function connect(
  url: string,
  cookie: SharedCookie,
  timeoutMs: number,
  lost: (connection: Connection, code: number) => void,
): Promise<Connection> {
  const { WebSocket } = await import('ws');
  const sent = cookie.header();
  const headers: Record<string, string> = sent === undefined ? {} : { cookie: sent };
  const socket = new WebSocket(url, { headers, handshakeTimeout: timeoutMs, perMessageDeflate: false });
  const connection: Connection = { socket, pending: new Map(), backend: undefined };
  socket.on('upgrade', (response) => cookie.adopt(sent, response.headers['set-cookie']?.join(', ')));
  socket.on('message', (data) => answered(connection, String(data)));
  await new Promise<void>((resolve, reject) => {
    // `close` follows each `error`; the listener stays, because an error that nobody hears ends the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed before it was open')));
    socket.once('open', resolve);
  });
  socket.once('close', (code) => lost(connection, code));
  return connection;
}

function send(
  connection: Connection,
  session: string,
  id: number,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<WriteResult> {
  const { socket, pending } = connection;
  return new Promise((resolve) => {
    const settle = (result: WriteResult): void => {
      signal.removeEventListener('abort', late);
      pending.delete(id);
      resolve(result);
    };
    // A connection on which an answer stays out may be half dead: a user's client would give it up too.
    const late = (): void => {
      settle({ outcome: 'indeterminate', detail: `no answer in ${timeoutMs}ms` });
      socket.terminate();
    };
    pending.set(id, settle);
    signal.addEventListener('abort', late, { once: true });
    socket.send(JSON.stringify({ session, n: id }), (error) => {
      if (error) settle({ outcome: 'indeterminate', detail: messageOf(error) });
    });
  });
}

/** Takes in `{"ack":7,"by":"api-1"}` or `{"nack":7,"error":"…"}`; anything else answers nothing. */
function answered(connection: Connection, text: string): void {
  const answer = parse(text);
  if (answer === undefined) return;
  const { ack, nack, by, error } = answer;
  if (typeof ack === 'number') {
    const backend = typeof by === 'string' ? by : 'unknown backend';
    connection.backend = backend;
    connection.pending.get(ack)?.({ outcome: 'acked', detail: backend });
  } else if (typeof nack === 'number') {
    connection.pending.get(nack)?.({ outcome: 'indeterminate', detail: `nack: ${String(error).slice(0, 150)}` });
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // No answer of this protocol: the message it may belong to runs into its time limit.
    return undefined;
  }
}

function close(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve();
    socket.once('close', () => resolve());
    signal.addEventListener('abort', () => socket.terminate(), { once: true });
    socket.close(1000);
  });
}
