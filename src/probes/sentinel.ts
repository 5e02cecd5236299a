import { messageOf } from '../core/errors.ts';
import type { Facts, Probe } from '../core/probe.ts';
import type { Endpoint, World } from '../world/world.ts';
import { outcomeOfError } from './failure.ts';
import { RedisDenied, type RedisTarget, redisCall } from './redis-call.ts';
import { isRespError, type RespReply, RespSyntaxError } from './resp.ts';

export interface SentinelOptions extends RedisTarget {
  /** Name of the node that the sentinel runs on: `redis-1`. The probe is `sentinel:redis-1`. */
  readonly node: string;
  readonly masterName: string;
  /** The redis servers by where they listen, so that a master is named as the drill names it. */
  readonly nodes: readonly (Endpoint & { readonly name: string })[];
}

/** What one sentinel says about the group, asked directly. */
export interface SentinelView {
  /** Where it says that the master is; undefined when it knows of none. */
  readonly master: Endpoint | undefined;
  /** CKQUORUM: `OK`, or why a failover could not be agreed on. */
  readonly quorum: string;
  /** SENTINEL MASTER, by name: `down-after-milliseconds`, `num-other-sentinels`, `flags`, … */
  readonly settings: Readonly<Record<string, string>>;
}

/** Asks one sentinel over a fresh connection. Rejects when it cannot be read. */
export async function askSentinel(
  world: Pick<World, 'net'>,
  options: RedisTarget & Pick<SentinelOptions, 'masterName'>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<SentinelView> {
  const { masterName } = options;
  const commands = [
    ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName],
    ['SENTINEL', 'CKQUORUM', masterName],
    ['SENTINEL', 'MASTER', masterName],
  ];
  const [address, quorum, master] = await redisCall(world.net, options, commands, timeoutMs, signal);
  return { master: parseAddress(address), quorum: parseQuorum(quorum), settings: parsePairs(master) };
}

/**
 * Where a majority of all sentinels says that the master is. Asks every one directly and at once, and answers as soon as
 * enough agree: one that hangs holds nobody up. Rejects, with what each said, when no majority agrees.
 */
export async function agreedMaster(
  world: Pick<World, 'net'>,
  sentinels: readonly SentinelOptions[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Endpoint> {
  const needed = Math.floor(sentinels.length / 2) + 1;
  const votes = new Map<string, number>();
  const said: string[] = [];
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  return new Promise((resolve, reject) => {
    let open = sentinels.length;
    const settle = (text: string) => {
      said.push(text);
      open -= 1;
      if (open === 0) reject(new Error(`no majority of the sentinels agrees on a master: ${said.join('; ')}`));
    };
    for (const sentinel of sentinels) {
      const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinel.masterName];
      redisCall(world.net, sentinel, [command], timeoutMs, either)
        .then(([reply]) => {
          const address = parseAddress(reply);
          if (address === undefined) return settle(`${sentinel.node}: none`);
          const text = `${address.host}:${address.port}`;
          const count = (votes.get(text) ?? 0) + 1;
          votes.set(text, count);
          if (count >= needed) {
            resolve(address);
            enough.abort();
          }
          settle(`${sentinel.node}: ${text}`);
        })
        .catch((error: unknown) => settle(`${sentinel.node}: ${messageOf(error)}`));
    }
  });
}

/**
 * Facts: `master` is the node that this sentinel takes for the master, `quorum` is `ok` or `lost`. One that names a master
 * outside the drill watches another group, however the group is called: protocol, and no facts.
 */
export function sentinelProbe(
  world: Pick<World, 'net' | 'clock'>,
  options: SentinelOptions,
  times: { readonly intervalMs: number; readonly timeoutMs: number },
): Probe {
  return {
    name: `sentinel:${options.node}`,
    user: false,
    target: `SENTINEL GET-MASTER-ADDR-BY-NAME ${options.masterName} at ${options.host}:${options.port}`,
    ...times,
    async sample(signal) {
      try {
        const view = await askSentinel(world, options, times.timeoutMs, signal);
        if (view.master === undefined) {
          return { outcome: 'protocol', detail: `${options.node} knows no master called ${options.masterName}` };
        }
        const master = nodeNamed(view.master, options.nodes);
        if (master === undefined) {
          const detail = `${options.node} names a master that is none of the drilled nodes: ${nodeAt(view.master, options.nodes)}`;
          return { outcome: 'protocol', detail };
        }
        const well = view.quorum === 'OK';
        const facts = { master, quorum: well ? 'ok' : 'lost' };
        return well ? { outcome: 'ok', facts } : { outcome: 'degraded', detail: view.quorum, facts };
      } catch (error) {
        return { outcome: outcomeOfError(error), detail: messageOf(error) };
      }
    },
    watch: (emit, signal) => watchSwitches(world, options, emit, signal),
  };
}

/** The drill's name for an address; the address itself where the drill does not know it. */
export function nodeAt(address: Endpoint, nodes: SentinelOptions['nodes']): string {
  return nodeNamed(address, nodes) ?? `${address.host}:${address.port}`;
}

function nodeNamed(address: Endpoint, nodes: SentinelOptions['nodes']): string | undefined {
  return nodes.find((one) => one.host === address.host && one.port === address.port)?.name;
}

/** Reply of GET-MASTER-ADDR-BY-NAME. Throws for anything but an address or nil. */
function parseAddress(reply: RespReply | undefined): Endpoint | undefined {
  if (reply === null) return undefined;
  if (Array.isArray(reply) && reply.length === 2) {
    const [host, port] = reply;
    const address = typeof host === 'string' && typeof port === 'string' ? addressOf(host, port) : undefined;
    if (address !== undefined) return address;
  }
  throw new RespSyntaxError(isRespError(reply) ? reply.error : 'the sentinel answered with no address');
}

/** `OK`, or the reason. Throws for anything that is neither. */
function parseQuorum(reply: RespReply | undefined): string {
  if (isRespError(reply)) return reply.error;
  if (typeof reply === 'string' && reply.startsWith('OK ')) return 'OK';
  throw new RespSyntaxError('the sentinel answered CKQUORUM with neither OK nor an error');
}

/** A flat list of names and values. An error reply (no such master) gives none. */
function parsePairs(reply: RespReply | undefined): Readonly<Record<string, string>> {
  if (isRespError(reply)) return {};
  if (!Array.isArray(reply) || reply.length % 2 !== 0)
    throw new RespSyntaxError('the sentinel answered with no list of pairs');
  const pairs: [string, string][] = [];
  for (let index = 0; index < reply.length; index += 2) pairs.push([String(reply[index]), String(reply[index + 1])]);
  return Object.fromEntries(pairs);
}

/** `<name> <old host> <old port> <new host> <new port>`, as +switch-master says it; undefined for another group or garbage. */
export function parseSwitch(message: string, masterName: string): Endpoint | undefined {
  const words = message.split(' ');
  const [name, , , host, port] = words;
  if (words.length !== 5 || name !== masterName || host === undefined || port === undefined) return undefined;
  return addressOf(host, port);
}

/** Digits and nothing else: `0x10` and `1e3` are numbers too, and no ports. */
function addressOf(host: string, port: string): Endpoint | undefined {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return host !== '' && number > 0 && number < 65_536 ? { host, port: number } : undefined;
}

const RECONNECT_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;

/** Follows +switch-master on this one sentinel. A plain client: a failover-aware one would judge its own failover. */
async function watchSwitches(
  world: Pick<World, 'net' | 'clock'>,
  options: SentinelOptions,
  emit: (facts: Facts) => void,
  signal: AbortSignal,
): Promise<void> {
  const password = await passwordFor(world, options, signal);
  const { default: redis } = await import('@redis/client');
  if (signal.aborted) return;
  const { host, port } = options;
  const client = redis.createClient({
    socket: { host, port, connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: () => RECONNECT_MS },
    ...(password === undefined ? {} : { password }),
    RESP: 2,
    disableClientInfo: true,
  });
  // A sentinel that is gone is what its probe reports; the client tries again by itself.
  client.on('error', () => undefined);
  const over = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const listening = (async () => {
    await client.connect();
    await client.subscribe('+switch-master', (message) => {
      const address = parseSwitch(message, options.masterName);
      if (address !== undefined) emit({ 'switch-master': nodeAt(address, options.nodes) });
    });
  })();
  try {
    await Promise.race([listening.then(() => over), over]);
  } finally {
    client.destroy();
    void listening.catch(() => undefined);
  }
}

/** A sentinel without a password refuses the client that offers one, so it is asked first. Waits until it answers. */
async function passwordFor(
  world: Pick<World, 'net' | 'clock'>,
  { host, port, password }: SentinelOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  while (password !== undefined && !signal.aborted) {
    try {
      await redisCall(world.net, { host, port }, [['PING']], CONNECT_TIMEOUT_MS, signal);
      return undefined;
    } catch (error) {
      if (error instanceof RedisDenied) return password;
      await world.clock.sleep(RECONNECT_MS, signal);
    }
  }
  return password;
}
