import type { IncomingMessage, Server } from 'node:http';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Database } from './database.ts';
import { textOf } from './limits.ts';
import type { Counter } from './metrics.ts';

export interface SessionsOptions {
  readonly name: string;
  readonly server: Server;
  readonly database: Database;
  readonly messages: Counter;
}

const PING_EVERY_MS = 10_000;
const MOST_IN_FLIGHT = 100;

/**
 * A message may arrive twice (the client repeats what was not acknowledged). The update writes even when the row is
 * there: an earlier attempt may stand on this host alone, and only a write of our own waits until the standby has it.
 */
const STORE = `insert into ws_messages (session, n, served_by) values ($1, $2, $3)
  on conflict (session, n) do update set served_by = excluded.served_by`;

interface Numbered {
  readonly session: string;
  readonly n: number;
}

/** Sessions of numbered messages on `/ws`. A message is acknowledged only once it stands in Postgres. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  readonly #silent = new WeakSet<WebSocket>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#sockets.on('headers', (headers) => headers.push(`x-served-by: ${options.name}`));
    options.server.on('upgrade', (request: IncomingMessage, socket, head) => {
      // The caller may leave before it has its answer.
      socket.on('error', () => undefined);
      if (request.url?.split('?', 1)[0] !== '/ws') {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client));
    });
    this.#timer = setInterval(() => this.#dropTheSilent(), PING_EVERY_MS);
  }

  /** Says goodbye to all clients; they come back to another instance. */
  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#sockets.clients) client.close(1001, 'going away');
  }

  #serve(client: WebSocket): void {
    let inFlight = 0;
    // 'close' follows; there is nobody left to tell.
    client.on('error', () => undefined);
    client.on('pong', () => this.#silent.delete(client));
    client.on('message', (data) => {
      const message = parse(data);
      if (message === undefined) return tell(client, { error: 'send {"session": "id", "n": 1}' });
      if (inFlight >= MOST_IN_FLIGHT)
        return tell(client, { nack: message.n, error: 'too many unacknowledged messages' });
      inFlight += 1;
      void this.#store(message).then((reply) => {
        inFlight -= 1;
        tell(client, reply);
      });
    });
  }

  async #store({ session, n }: Numbered): Promise<object> {
    const { database, messages, name } = this.#options;
    try {
      await database.run(STORE, [session, n, name]);
      messages.add({ result: 'ack' });
      return { ack: n, by: name };
    } catch (error) {
      messages.add({ result: 'nack' });
      return { nack: n, error: textOf(error) };
    }
  }

  /** Ends connections that have not answered the last ping: their other side is gone without a word. */
  #dropTheSilent(): void {
    for (const client of this.#sockets.clients) {
      if (this.#silent.has(client)) {
        client.terminate();
        continue;
      }
      this.#silent.add(client);
      client.ping();
    }
  }
}

function tell(client: WebSocket, reply: object): void {
  if (client.readyState === WebSocket.OPEN) client.send(JSON.stringify(reply));
}

function parse(data: RawData): Numbered | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    if (typeof value !== 'object' || value === null || !('session' in value) || !('n' in value)) return undefined;
    const { session, n } = value;
    const good = typeof session === 'string' && session.length > 0 && session.length <= 200 && !session.includes('\0');
    return good && Number.isSafeInteger(n) ? { session, n: n as number } : undefined;
  } catch {
    return undefined;
  }
}
