import { Component } from './component.ts';
import type { ApiConfig, Endpoint } from './config.ts';
import { textOf } from './limits.ts';
import type { Log } from './log.ts';
import { MemoryCache } from './memory-cache.ts';
import { RedisLink } from './redis-link.ts';

const LINK_MS = 300;
const TTL_MS = 300_000;

export interface CacheCounters {
  hit(subsystem: 'redis' | 'memory'): void;
  miss(subsystem: 'redis' | 'memory'): void;
}

/**
 * Redis behind Sentinels, with this process's memory in its place while Redis is out. Who is master is asked from the
 * sentinels each second, and the server itself must agree: a restarted old master still takes writes for a while.
 */
export class Cache {
  readonly component: Component;
  readonly #config: ApiConfig['cache'];
  readonly #counters: CacheCounters;
  readonly #memory = new MemoryCache();
  readonly #sentinels = new Map<Endpoint, RedisLink>();
  #master: RedisLink | undefined;

  constructor(config: ApiConfig['cache'], counters: CacheCounters, log: Log) {
    this.#config = config;
    this.#counters = counters;
    this.component = new Component({ name: 'cache', server: 'redis', limitMs: 1000, log, check: () => this.#check() });
  }

  /** Never fails: says where the value was kept. */
  async set(key: string, value: string): Promise<'redis' | 'memory'> {
    const stored = await this.#tryMaster('SET', key, value, 'PX', String(TTL_MS));
    this.#memory.set(key, value, TTL_MS, stored === undefined);
    return stored === undefined ? 'memory' : 'redis';
  }

  /** Never fails: a value that cannot be had is a miss. */
  async get(key: string): Promise<{ readonly value: string | undefined; readonly from: 'redis' | 'memory' }> {
    const answer = await this.#tryMaster('GET', key);
    const from = answer === undefined ? 'memory' : 'redis';
    const value = answer === undefined ? this.#memory.get(key) : answer.reply;
    if (typeof value === 'string') {
      this.#counters.hit(from);
      if (from === 'redis') this.#memory.set(key, value, TTL_MS, false);
      return { value, from };
    }
    this.#counters.miss(from);
    return { value: undefined, from };
  }

  close(): void {
    this.component.stop();
    this.#master?.close();
    for (const link of this.#sentinels.values()) link.close();
  }

  /** The master's reply, or undefined when there is no master that answers in time. */
  async #tryMaster(...args: string[]): Promise<{ readonly reply: unknown } | undefined> {
    const master = this.#master;
    if (master === undefined || master.broken) return undefined;
    try {
      return { reply: await master.command(...args) };
    } catch {
      this.component.suspect();
      return undefined;
    }
  }

  async #check(): Promise<{ status: 'healthy' | 'degraded'; message: string }> {
    let troubled: string | undefined;
    try {
      await this.#follow(await this.#askSentinels());
    } catch (error) {
      // A master that still says that it is one can be used while the sentinels are out.
      troubled = textOf(error);
    }
    const master = this.#master;
    if (master === undefined || master.broken) throw new Error(troubled ?? 'no master');
    await this.#mustBeMaster(master);
    await this.#writeBack(master);
    const message = `master is ${master.endpoint.host}:${master.endpoint.port}`;
    if (troubled !== undefined) return { status: 'degraded', message: `${message}, but ${troubled}` };
    return { status: 'healthy', message };
  }

  async #follow(address: Endpoint): Promise<void> {
    const current = this.#master;
    const same = current?.endpoint.host === address.host && current.endpoint.port === address.port;
    if (current !== undefined && same && !current.broken) return;
    const next = await RedisLink.open(address, this.#config.password, LINK_MS);
    await this.#mustBeMaster(next);
    current?.close();
    this.#master = next;
  }

  async #mustBeMaster(link: RedisLink): Promise<void> {
    const role = await link.command('ROLE');
    if (Array.isArray(role) && role[0] === 'master') return;
    link.close();
    throw new Error(`${link.endpoint.host}:${link.endpoint.port} is not the master yet`);
  }

  /** The master that most of the sentinels that answer name. */
  async #askSentinels(): Promise<Endpoint> {
    const answers = await Promise.allSettled(this.#config.sentinels.map((sentinel) => this.#askSentinel(sentinel)));
    const votes = new Map<string, number>();
    for (const answer of answers) {
      if (answer.status === 'fulfilled') votes.set(answer.value, (votes.get(answer.value) ?? 0) + 1);
    }
    const [most] = [...votes].sort((a, b) => b[1] - a[1]);
    if (most === undefined) {
      const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
      throw new Error(`no sentinel names a master: ${textOf(new AggregateError(reasons))}`);
    }
    const at = most[0].lastIndexOf(' ');
    return { host: most[0].slice(0, at), port: Number(most[0].slice(at + 1)) };
  }

  async #askSentinel(sentinel: Endpoint): Promise<string> {
    let link = this.#sentinels.get(sentinel);
    if (link === undefined || link.broken) {
      link = await RedisLink.open(sentinel, this.#config.password, LINK_MS);
      this.#sentinels.set(sentinel, link);
    }
    const address = await link.command('SENTINEL', 'get-master-addr-by-name', this.#config.masterName);
    if (!Array.isArray(address))
      throw new Error(`${sentinel.host}:${sentinel.port} does not know ${this.#config.masterName}`);
    return `${address[0]} ${address[1]}`;
  }

  /** What was set while Redis was out belongs there, or readers would get the older value. */
  async #writeBack(master: RedisLink): Promise<void> {
    for (const [key, entry] of this.#memory.unsaved()) {
      await master.command('SET', key, entry.value, 'PX', String(entry.leftMs));
      this.#memory.saved(key, entry.value);
    }
  }
}
