import { request } from 'node:http';
import { AwsV4Signer } from 'aws4fetch';
import { Component } from './component.ts';
import type { ApiConfig } from './config.ts';
import { textOf, Unavailable } from './limits.ts';
import type { Log } from './log.ts';

const CHECK_TRY_MS = 300;
const TRY_MS = 1500;
const REQUEST_MS = 4000;
/** The object that the check reads each second. */
const CHECK_KEY = '.check';

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * An S3 store with several equal endpoints (MinIO). They are tried in turn, each for a limited time, beginning with the
 * one that answered last: a frozen node must not hold anybody up for long.
 */
export class Objects {
  readonly component: Component;
  readonly #config: ApiConfig['objects'];
  #preferred = 0;

  constructor(config: ApiConfig['objects'], log: Log) {
    this.#config = config;
    this.component = new Component({
      name: 'objects',
      server: 'minio',
      limitMs: 1000,
      log,
      check: () => this.#check(),
    });
  }

  /** Resolves once the object is stored. Rejects with Unavailable; the object may then be there or not. */
  async put(key: string, body: Buffer): Promise<void> {
    await this.#user('PUT', key, body);
  }

  /** Undefined when there is no such object. Rejects with Unavailable. */
  async get(key: string): Promise<Buffer | undefined> {
    const answer = await this.#user('GET', key);
    return answer.status === 404 ? undefined : answer.body;
  }

  close(): void {
    this.component.stop();
  }

  async #user(method: 'GET' | 'PUT', key: string, body?: Buffer): Promise<Answer> {
    try {
      const path = `/${this.#config.bucket}/${encodeURIComponent(key)}`;
      const answer = await this.#turns(REQUEST_MS, TRY_MS, (base, tryMs) =>
        this.#signed(method, `${base}${path}`, tryMs, body),
      );
      if (answer.status < 300 || (answer.status === 404 && method === 'GET')) return answer;
      throw new Error(`${method} answered ${answer.status} ${codeOf(answer)}`);
    } catch (error) {
      this.component.suspect();
      throw new Unavailable('objects', error);
    }
  }

  /**
   * Healthy means that reads and writes have their quorum; with reads alone it is degraded. An object is really read:
   * while a node is frozen, all that MinIO keeps in memory, its health endpoints too, says that everything is fine.
   */
  async #check(): Promise<{ status: 'healthy' | 'degraded'; message: string }> {
    const path = `/${this.#config.bucket}/${CHECK_KEY}`;
    const read = await this.#turns(900, CHECK_TRY_MS, (base, tryMs) => this.#signed('GET', base + path, tryMs));
    const base = this.#config.endpoints[this.#preferred] ?? '';
    if (read.status === 404) await this.#prepare(base, codeOf(read) === 'NoSuchBucket');
    else if (read.status >= 300) throw new Error(`${base} answered ${read.status} ${codeOf(read)}`);
    const cluster = await exchange('GET', `${base}/minio/health/cluster`, {}, CHECK_TRY_MS);
    if (cluster.status !== 200)
      return { status: 'degraded', message: `reads only: no write quorum (${cluster.status})` };
    return { status: 'healthy', message: `${base} answers` };
  }

  /** On a fresh store: makes the bucket, and the object that the check reads from then on. */
  async #prepare(base: string, withBucket: boolean): Promise<void> {
    const bucket = `${base}/${this.#config.bucket}`;
    if (withBucket) await this.#signed('PUT', bucket, CHECK_TRY_MS);
    const stored = await this.#signed('PUT', `${bucket}/${CHECK_KEY}`, CHECK_TRY_MS, Buffer.from('check'));
    if (stored.status >= 300) throw new Error(`${base} answered ${stored.status} ${codeOf(stored)}`);
  }

  /** The first answer that is not a server error. Rejects with all that went wrong. */
  async #turns(
    totalMs: number,
    tryMs: number,
    send: (base: string, tryMs: number) => Promise<Answer>,
  ): Promise<Answer> {
    const { endpoints } = this.#config;
    const until = performance.now() + totalMs;
    const first = this.#preferred;
    const errors: unknown[] = [];
    for (let turn = 0; turn < endpoints.length; turn += 1) {
      const index = (first + turn) % endpoints.length;
      const base = endpoints[index] ?? '';
      const leftMs = Math.min(tryMs, until - performance.now());
      if (leftMs <= 0) break;
      try {
        const answer = await send(base, leftMs);
        if (answer.status < 500) {
          this.#preferred = index;
          return answer;
        }
        errors.push(new Error(`${base} answered ${answer.status} ${codeOf(answer)}`));
      } catch (error) {
        errors.push(new Error(`${base}: ${textOf(error)}`, { cause: error }));
      }
    }
    throw new AggregateError(errors);
  }

  async #signed(method: string, url: string, limitMs: number, body?: Buffer): Promise<Answer> {
    const signer = new AwsV4Signer({
      method,
      url,
      accessKeyId: this.#config.accessKey,
      secretAccessKey: this.#config.secretKey,
      service: 's3',
      region: 'us-east-1',
    });
    const signed = await signer.sign();
    return exchange(method, signed.url.href, Object.fromEntries(signed.headers), limitMs, body);
  }
}

/** One request on a connection of its own; the limit covers everything up to the last byte of the answer. */
function exchange(
  method: string,
  url: string,
  headers: Record<string, string>,
  limitMs: number,
  body?: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) });
      });
      incoming.on('error', reject);
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${Math.round(limitMs)} ms`)), limitMs);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The short name of an S3 error, such as SlowDownWrite. */
function codeOf(answer: Answer): string {
  return /<Code>([^<]*)<\/Code>/.exec(answer.body.toString())?.[1] ?? '';
}
