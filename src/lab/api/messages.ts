import { type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib';
import { Component } from './component.ts';
import type { ApiConfig } from './config.ts';
import { Unavailable, within } from './limits.ts';
import type { Log } from './log.ts';

const CONNECT_MS = 800;
const REQUEST_MS = 2000;

interface Link {
  readonly channel: ConfirmChannel;
  /** Why the broker takes nothing at the moment (a memory or disk alarm). */
  blocked: string | undefined;
  /** Drops the socket at once. A polite close would wait for a broker that may be frozen. */
  readonly drop: () => void;
}

/**
 * RabbitMQ: persistent messages into a durable queue, each confirmed by the broker before the caller hears of success.
 * One connection; after any error it is dropped and the next check opens a new one.
 */
export class Messages {
  readonly component: Component;
  readonly #url: Options.Connect;
  readonly #queue: string;
  #link: Link | undefined;
  #opening: Promise<Link> | undefined;

  constructor(config: ApiConfig['messages'], log: Log) {
    this.#queue = config.queue;
    this.#url = {
      protocol: 'amqp',
      hostname: config.host,
      port: config.port,
      username: config.user,
      password: config.password,
      vhost: config.vhost,
      heartbeat: 5,
    };
    this.component = new Component({
      name: 'messages',
      server: 'rabbitmq',
      limitMs: 1000,
      log,
      check: () => this.#check(),
    });
  }

  /** Resolves once the broker has confirmed the message. Rejects with Unavailable; the message may then be there or not. */
  async publish(body: string): Promise<void> {
    await this.#use(
      (channel) =>
        new Promise<void>((resolve, reject) => {
          channel.sendToQueue(this.#queue, Buffer.from(body), { persistent: true }, (error: unknown) =>
            error === null || error === undefined ? resolve() : reject(error),
          );
        }),
    );
  }

  /** Takes the oldest message from the queue, or undefined when there is none. */
  async take(): Promise<string | undefined> {
    return this.#use(async (channel) => {
      const message = await channel.get(this.#queue);
      if (message === false) return undefined;
      channel.ack(message);
      return message.content.toString();
    });
  }

  close(): void {
    this.component.stop();
    this.#link?.drop();
  }

  async #use<T>(action: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    try {
      const link = this.#link ?? (await this.#open());
      return await this.#guard(link, within(REQUEST_MS, 'broker', action(link.channel)));
    } catch (error) {
      this.component.suspect();
      throw new Unavailable('messages', error);
    }
  }

  async #check(): Promise<{ status: 'healthy' | 'degraded'; message: string }> {
    const link = this.#link ?? (await this.#open());
    const queue = await this.#guard(link, within(CONNECT_MS, 'broker', link.channel.checkQueue(this.#queue)));
    if (link.blocked !== undefined) return { status: 'degraded', message: `the broker takes nothing: ${link.blocked}` };
    return { status: 'healthy', message: `${queue.messageCount} messages waiting` };
  }

  /** After an error nothing is known about the connection any more: it is dropped. */
  async #guard<T>(link: Link, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      link.drop();
      throw error;
    }
  }

  #open(): Promise<Link> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<Link> {
    const abort = new AbortController();
    try {
      return await within(CONNECT_MS, 'connect', this.#handshake(abort));
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  async #handshake(abort: AbortController): Promise<Link> {
    const socketOptions = { noDelay: true, signal: abort.signal };
    const connection: ChannelModel = await connect(this.#url, socketOptions);
    // Without these listeners an error event would end the process; 'close' follows each of them.
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    await channel.assertQueue(this.#queue, { durable: true });
    const link: Link = {
      channel,
      blocked: undefined,
      drop: () => {
        if (this.#link === link) this.#link = undefined;
        abort.abort();
      },
    };
    connection.on('blocked', (reason) => {
      link.blocked = reason;
    });
    connection.on('unblocked', () => {
      link.blocked = undefined;
    });
    connection.on('close', () => {
      link.drop();
      this.component.suspect();
    });
    channel.on('close', () => link.drop());
    if (abort.signal.aborted) throw new Error('given up while connecting');
    this.#link = link;
    return link;
  }
}
