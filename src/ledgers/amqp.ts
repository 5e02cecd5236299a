import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { messageOf } from '../core/errors.ts';
import type { Ledger } from '../core/ledger.ts';
import type { World } from '../world/world.ts';
import { compareEntries, type Found } from './compare.ts';

export interface AmqpLedgerOptions {
  readonly name: string;
  /** Makes the queue one of its own. */
  readonly namespace: string;
  /** The broker's node, for the audit: `rabbitmq`. */
  readonly node: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
  /** False: transient messages, as a service may send them that does not mind their loss. */
  readonly persistent: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** One connection with a channel in confirm mode. */
interface Link {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  /** Ids that the broker gave back: it confirms them all the same. */
  readonly returned: Set<string>;
}

const HEARTBEAT_S = 2;
const CONNECT_TIMEOUT_MS = 5_000;
const POLL_MS = 100;
const MOST_IN_FLIGHT = 64;

/** Publishes numbered messages (persistent ones, unless told otherwise) to a durable queue of its own and counts one as written when it is confirmed. */
export function amqpLedger(world: Pick<World, 'clock'>, options: AmqpLedgerOptions): Ledger {
  const queue = `gameday-${options.namespace}`;
  const { intervalMs, timeoutMs } = options;
  let held: Promise<Link> | undefined;

  const link = (): Promise<Link> => {
    if (held !== undefined) return held;
    const mine: Promise<Link> = connect(options, timeoutMs, () => forget(mine));
    held = mine;
    mine.catch(() => forget(mine));
    return mine;
  };
  const forget = (lost: Promise<Link>) => {
    if (held === lost) held = undefined;
    void lost.then(close).catch(() => undefined);
  };

  return {
    name: options.name,
    target: `${options.persistent ? 'persistent' : 'transient'} messages to queue ${queue} at ${options.host}:${options.port}, confirmed`,
    intervalMs,
    timeoutMs,
    // Confirms come in batches: several are under way at any time.
    concurrency: Math.min(MOST_IN_FLIGHT, Math.ceil(timeoutMs / intervalMs) + 1),
    user: false,
    namespace: { what: `queue ${queue}`, byHand: `rabbitmqctl delete_queue -p ${options.vhost} ${queue}` },

    async open(signal) {
      const { channel } = await unlessAborted(link(), signal);
      await unlessAborted(channel.assertQueue(queue, { durable: true }), signal);
    },

    async write(id, signal) {
      const mine = link();
      let ready: Link;
      try {
        ready = await unlessAborted(mine, signal);
      } catch (error) {
        return { outcome: 'rejected', detail: `not sent: ${messageOf(error)}` };
      }
      try {
        const returned = await unlessAborted(publish(ready, queue, id, options.persistent), signal);
        if (returned) return { outcome: 'rejected', detail: `${options.node}: queue ${queue} is gone` };
        return { outcome: 'acked', detail: options.node };
      } catch (error) {
        // A connection that does not confirm in time is not trusted with the next message.
        forget(mine);
        return { outcome: 'indeterminate', detail: `${options.node}: ${messageOf(error)}` };
      }
    },

    async audit(entries, signal) {
      const own = await unlessAborted(
        connect(options, CONNECT_TIMEOUT_MS, () => undefined),
        signal,
      );
      try {
        // A broker that does not know the queue any more has lost all that it held: that is an answer.
        const found = await readAll(world, own.channel, queue, signal).catch((error: unknown) => {
          if (isNotFound(error)) return [];
          throw error;
        });
        return [compareEntries(options.node, entries, found, { stale: null })];
      } finally {
        await close(own);
      }
    },

    async remove(signal) {
      const last = held;
      if (last !== undefined) forget(last);
      const own = await unlessAborted(
        connect(options, CONNECT_TIMEOUT_MS, () => undefined),
        signal,
      );
      try {
        await unlessAborted(own.channel.deleteQueue(queue), signal);
      } finally {
        await close(own);
      }
    },
  };
}

/** Resolves when the broker confirms; true when it gave the message back because no queue took it. */
function publish({ channel, returned }: Link, queue: string, id: number, persistent: boolean): Promise<boolean> {
  const messageId = String(id);
  return new Promise((resolve, reject) => {
    channel.sendToQueue(
      queue,
      Buffer.from(contentOf(queue, id)),
      { persistent, mandatory: true, messageId },
      (error: unknown) => {
        if (error === null || error === undefined) resolve(returned.delete(messageId));
        else reject(error instanceof Error ? error : new Error('the broker did not confirm the message'));
      },
    );
  });
}

async function connect(options: AmqpLedgerOptions, timeoutMs: number, onLost: () => void): Promise<Link> {
  const { default: amqp } = await import('amqplib');
  const { host: hostname, port, user: username, password, vhost } = options;
  const connection = await amqp.connect(
    { hostname, port, username, password, vhost, heartbeat: HEARTBEAT_S },
    { timeout: timeoutMs, noDelay: true },
  );
  // Without listeners a lost connection would end the program; the writes that wait on it fail by themselves.
  connection.on('error', onLost);
  connection.on('close', onLost);
  const channel = await connection.createConfirmChannel();
  const returned = new Set<string>();
  channel.on('error', onLost);
  channel.on('close', onLost);
  channel.on('return', (message) => {
    returned.add(String(message.properties.messageId));
  });
  return { connection, channel, returned };
}

/** Everything in the queue. Nothing is acknowledged, so that it all stays there. Rejects when less came than the broker counts. */
async function readAll(
  world: Pick<World, 'clock'>,
  channel: ConfirmChannel,
  queue: string,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const { messageCount } = await unlessAborted(channel.checkQueue(queue), signal);
  const found: Found[] = [];
  const { consumerTag } = await unlessAborted(
    channel.consume(queue, (message) => {
      if (message === null) return;
      const id = Number(message.properties.messageId);
      found.push({ id, intact: message.content.toString() === contentOf(queue, id) });
    }),
    signal,
  );
  let before = -1;
  // The count was taken before; a message more than it is as much a finding as one less.
  while (found.length < messageCount || found.length !== before) {
    signal.throwIfAborted();
    before = found.length;
    await world.clock.sleep(POLL_MS, signal);
  }
  await unlessAborted(channel.cancel(consumerTag), signal);
  return found;
}

async function close({ connection }: Link): Promise<void> {
  await connection.close().catch(() => undefined);
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error('no answer in time'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function contentOf(queue: string, id: number): string {
  return `${queue}-${id}`;
}

/** AMQP's 404, as the library hands it on. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}
