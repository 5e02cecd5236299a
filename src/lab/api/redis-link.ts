import { createClient } from '@redis/client';
import type { Endpoint } from './config.ts';
import { within } from './limits.ts';

/**
 * One connection to one Redis or Sentinel with a time limit on everything. After an error or a missed limit it is broken
 * for good and its owner opens another: a client that reconnects by itself may do so to a server that is not the master.
 */
export class RedisLink {
  readonly endpoint: Endpoint;
  readonly #client: ReturnType<typeof createClient>;
  readonly #limitMs: number;
  #broken = false;

  private constructor(endpoint: Endpoint, password: string | undefined, limitMs: number) {
    this.endpoint = endpoint;
    this.#limitMs = limitMs;
    this.#client = createClient({
      RESP: 2,
      socket: { host: endpoint.host, port: endpoint.port, connectTimeout: limitMs, reconnectStrategy: false },
      // By its name the default user is let in also where it has no password, as on a plain Sentinel.
      ...(password === undefined ? {} : { username: 'default', password }),
      disableClientInfo: true,
      disableOfflineQueue: true,
    });
    this.#client.on('error', () => this.close());
  }

  static async open(endpoint: Endpoint, password: string | undefined, limitMs: number): Promise<RedisLink> {
    const link = new RedisLink(endpoint, password, limitMs);
    await link.#limited(link.#client.connect());
    return link;
  }

  get broken(): boolean {
    return this.#broken;
  }

  command(...args: string[]): Promise<unknown> {
    return this.#limited(this.#client.sendCommand(args));
  }

  close(): void {
    if (this.#broken) return;
    this.#broken = true;
    // Throws when the socket has already gone; it is gone either way.
    try {
      this.#client.destroy();
    } catch {}
  }

  async #limited<T>(work: Promise<T>): Promise<T> {
    try {
      return await within(this.#limitMs, `${this.endpoint.host}:${this.endpoint.port}`, work);
    } catch (error) {
      this.close();
      throw error;
    }
  }
}
