import type { ChannelModel } from 'amqplib';
import { messageOf } from '../core/errors.ts';
import type { Probe } from '../core/probe.ts';
import { outcomeOfError } from './failure.ts';

export interface AmqpTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

export interface AmqpProbeOptions extends AmqpTarget {
  /** Name of the broker's node: `rabbitmq`. The probe is `broker`. */
  readonly node: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What a broker says of itself; another server that speaks AMQP on the same port is not the one that is drilled. */
const PRODUCT = 'RabbitMQ';

/** A whole handshake, login and virtual host included, on a fresh connection. Rejects with the broker's own words, or when it is no RabbitMQ. */
export async function shakeHands(target: AmqpTarget, timeoutMs: number, signal: AbortSignal): Promise<void> {
  await withConnection(target, timeoutMs, signal, async () => undefined);
}

/** May this user declare a queue? Tries with one that only this connection can see and that goes with it. */
export async function declareQueue(
  target: AmqpTarget,
  queue: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  await withConnection(target, timeoutMs, signal, async (connection) => {
    const channel = await connection.createChannel();
    // A channel that the broker closes also emits its error, which the failed call reports already.
    channel.on('error', () => undefined);
    await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
    await channel.deleteQueue(queue);
  });
}

/**
 * Is this queue durable? It is declared again as durable, which the broker refuses where it is not; one that is not
 * there is never made. Rejects when the queue cannot be looked at.
 */
export async function isDurable(
  target: AmqpTarget,
  queue: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  await withConnection(target, timeoutMs, signal, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await channel.checkQueue(queue);
  });
  try {
    await withConnection(target, timeoutMs, signal, async (connection) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await channel.assertQueue(queue, { durable: true });
    });
    return true;
  } catch (error) {
    const [, argument] = /inequivalent arg '([^']+)'/.exec(messageOf(error)) ?? [];
    if (argument === undefined) throw error;
    // Durability is compared first: a complaint about anything else means that it agrees.
    return argument !== 'durable';
  }
}

/** Facts: `<node>` is `up` after a whole handshake and `down` while the connection is refused. */
export function amqpProbe(options: AmqpProbeOptions): Probe {
  const { node, host, port, intervalMs, timeoutMs } = options;
  return {
    name: 'broker',
    intervalMs,
    timeoutMs,
    user: false,
    target: `AMQP handshake at ${host}:${port}`,
    async sample(signal) {
      try {
        await shakeHands(options, timeoutMs, signal);
        return { outcome: 'ok', facts: { [node]: 'up' } };
      } catch (error) {
        const outcome = outcomeOfError(error);
        const detail = messageOf(error);
        return outcome === 'refused' ? { outcome, detail, facts: { [node]: 'down' } } : { outcome, detail };
      }
    },
  };
}

async function withConnection(
  target: AmqpTarget,
  timeoutMs: number,
  signal: AbortSignal,
  use: (connection: ChannelModel) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const { default: amqp } = await import('amqplib');
  const { host: hostname, port, user: username, password, vhost } = target;
  const opening = amqp.connect({ hostname, port, username, password, vhost, heartbeat: 5 }, { timeout: timeoutMs });
  const done = opening.then(async (connection) => {
    // What breaks the connection also fails the call that is waiting on it.
    connection.on('error', () => undefined);
    try {
      const { product } = connection.connection.serverProperties;
      if (product !== PRODUCT) throw new Error(`${hostname}:${port} calls itself ${product}, not ${PRODUCT}`);
      await use(connection);
    } finally {
      void connection.close().catch(() => undefined);
    }
  });
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error(`no answer from ${hostname}:${port} in time (timeout)`));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([done, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
