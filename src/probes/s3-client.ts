import { createHash } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import type { Reading } from '../core/probe.ts';
import type { HttpResponse, World } from '../world/world.ts';
import { readingOfFailure, readingOfStatus } from './http.ts';

/** An answer that refuses. `code` is the store's own word (`SlowDownWrite`), empty where it gave none. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(what: string, status: number, code: string) {
    super(`${what}: ${status}${code === '' ? '' : ` ${code}`}`);
    this.name = 'S3Error';
    this.status = status;
    this.code = code;
  }
}

/** How long one request may take, and what ends it early. */
export interface S3Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface S3Request {
  /** Base URL of the node: `http://127.0.0.1:9000`. */
  readonly node: string;
  readonly method: string;
  /** Begins with a slash; only characters that need no escape. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Largest answer that is read, in bytes. */
  readonly maxBytes?: number;
}

/**
 * S3 over one node, signed (SigV4), a fresh connection each. Every method rejects with S3Error when the store refuses,
 * with HttpFailure when there is no answer, and with another Error when what answered is no store.
 */
export interface S3Client {
  /** A signed request whose answer, refusals included, is the caller's to read. */
  send(request: S3Request, limits: S3Limits): Promise<HttpResponse>;
  put(node: string, bucket: string, key: string, body: Uint8Array, limits: S3Limits): Promise<void>;
  get(node: string, bucket: string, key: string, limits: S3Limits): Promise<Uint8Array>;
  /** An object that is not there is no error. */
  remove(node: string, bucket: string, key: string, limits: S3Limits): Promise<void>;
  /** Every key in the bucket. */
  list(node: string, bucket: string, limits: S3Limits): Promise<readonly string[]>;
  buckets(node: string, limits: S3Limits): Promise<readonly string[]>;
  makeBucket(node: string, bucket: string, limits: S3Limits): Promise<void>;
  /** The bucket must be empty; one that is not there is no error. */
  removeBucket(node: string, bucket: string, limits: S3Limits): Promise<void>;
}

export interface S3Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region?: string;
}

const LARGEST_OBJECT = 64 * 1024 * 1024;

export function s3Client(world: Pick<World, 'http'>, credentials: S3Credentials): S3Client {
  const cache = new Map<string, ArrayBuffer>();

  const send = async (request: S3Request, limits: S3Limits): Promise<HttpResponse> => {
    const { AwsV4Signer } = await import('aws4fetch');
    const url = new URL(`${request.node.replace(/\/+$/, '')}${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const signer = new AwsV4Signer({
      method: request.method,
      url: url.href,
      // The hash lets the store refuse a body that was garbled on the way.
      headers: { 'x-amz-content-sha256': sha256(request.body ?? '') },
      accessKeyId: credentials.accessKey,
      secretAccessKey: credentials.secretKey,
      service: 's3',
      region: credentials.region ?? 'us-east-1',
      cache,
    });
    const signed = await signer.sign();
    return await world.http.request({
      method: request.method,
      url: signed.url.href,
      headers: Object.fromEntries(signed.headers),
      body: request.body,
      timeoutMs: limits.timeoutMs,
      signal: limits.signal,
      maxBytes: request.maxBytes,
    });
  };

  const must = async (request: S3Request, limits: S3Limits, also: readonly number[] = []): Promise<HttpResponse> => {
    const response = await send(request, limits);
    if (response.status >= 200 && response.status < 300) return response;
    if (also.includes(response.status)) return response;
    throw refusal(`${request.method} ${request.path}`, response);
  };

  return {
    send,
    async put(node, bucket, key, body, limits) {
      const { status, headers } = await must({ node, method: 'PUT', path: `/${bucket}/${key}`, body }, limits);
      // Every store says with it what it has stored; something in between that answers 200 to all does not.
      if (headers.etag === undefined || headers.etag === '')
        throw new Error(`PUT /${bucket}/${key}: ${status} without an ETag, so no store has taken it`);
    },
    async get(node, bucket, key, limits) {
      return (await must({ node, method: 'GET', path: `/${bucket}/${key}`, maxBytes: LARGEST_OBJECT }, limits)).body;
    },
    async remove(node, bucket, key, limits) {
      await must({ node, method: 'DELETE', path: `/${bucket}/${key}` }, limits, [404]);
    },
    async list(node, bucket, limits) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const query = { 'list-type': '2', ...(token === undefined ? {} : { 'continuation-token': token }) };
        const answer = await must({ node, method: 'GET', path: `/${bucket}`, query }, limits);
        const xml = documentOf(answer, 'ListBucketResult');
        keys.push(...textsOf(xml, 'Key'));
        const [next] = textsOf(xml, 'NextContinuationToken');
        if (next !== undefined && next === token) throw new Error(`the listing of ${bucket} does not go on`);
        token = next;
      } while (token !== undefined);
      return keys;
    },
    async buckets(node, limits) {
      const answer = await must({ node, method: 'GET', path: '/' }, limits);
      return textsOf(documentOf(answer, 'ListAllMyBucketsResult'), 'Name');
    },
    async makeBucket(node, bucket, limits) {
      await must({ node, method: 'PUT', path: `/${bucket}` }, limits);
    },
    async removeBucket(node, bucket, limits) {
      await must({ node, method: 'DELETE', path: `/${bucket}` }, limits, [404]);
    },
  };
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A refusal with the store's own code, which stands in XML (S3) or JSON (MinIO's admin API). */
export function refusal(what: string, response: HttpResponse): S3Error {
  const text = response.text().slice(0, 4_096);
  const code = textsOf(text, 'Code')[0] ?? /"Code"\s*:\s*"([^"]{1,80})"/.exec(text)?.[1] ?? '';
  return new S3Error(what, response.status, code.slice(0, 80));
}

/** Any error of a client's call as a probe's reading. */
export function readingOfS3(error: unknown): Reading {
  if (!(error instanceof S3Error)) return readingOfFailure(error);
  const { outcome } = readingOfStatus(error);
  // A 2xx that was refused all the same was not the answer that was asked for.
  return { outcome: outcome === 'ok' ? 'protocol' : outcome, detail: messageOf(error).slice(0, 200) };
}

/** The text of an answer with this root element, whole: a page of something in between lists nothing either. */
function documentOf(response: HttpResponse, root: string): string {
  const xml = response.text();
  const whole = xml.includes(`<${root}`) && xml.trimEnd().endsWith(`</${root}>`);
  if (!whole) throw new Error(`the store answered with no ${root}`);
  return xml;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
};

/** Texts of all elements of this name. Enough for S3's flat answers; it is no XML parser. */
function textsOf(xml: string, element: string): readonly string[] {
  const found = xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'));
  return [...found].map(([, text = '']) =>
    text.replace(/&(?:lt|gt|amp|quot|apos);/g, (entity) => ENTITIES[entity] ?? entity),
  );
}
