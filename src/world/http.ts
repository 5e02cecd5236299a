import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { overdue, toFailure } from './http-failure.ts';
import { type Clock, type Http, HttpFailure, type HttpRequest, type HttpResponse } from './world.ts';

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** Idle connections of earlier requests; any number, and none of them keeps the process alive. */
interface Kept {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/**
 * node:http, with no agent unless a request asks for a kept connection: one of its own measures what a new user would
 * meet, and no pool can turn one slow answer into many. It is also the quickest way in Node to make fresh connections.
 */
export function createHttp(clock: Clock): Http {
  const kept: Kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return { request: (request) => perform(clock, kept, request) };
}

async function perform(clock: Clock, kept: Kept, request: HttpRequest): Promise<HttpResponse> {
  const url = parseUrl(request.url);
  const deadline = request.timeoutMs === undefined ? undefined : clock.deadline(request.timeoutMs, request.signal);
  const signal = deadline?.signal ?? request.signal;
  let outgoing: ClientRequest | undefined;
  const late = (): HttpFailure => overdue(request.timeoutMs, deadline?.expired() === true);
  const cut = (): void => {
    outgoing?.destroy(late());
  };
  try {
    if (signal?.aborted) throw late();
    signal?.addEventListener('abort', cut, { once: true });
    return await new Promise<HttpResponse>((resolve, reject) => {
      const started = open(url, kept, request);
      outgoing = started;
      let answered = false;
      started.on('error', reject);
      started.once('response', (answer) => {
        answered = true;
        readAll(answer, request.maxBytes ?? DEFAULT_MAX_BYTES, (body) => resolve(toResponse(answer, body)), reject);
      });
      // Comes after `error` and `response`; alone it means that neither came, such as after an unasked upgrade.
      started.once('close', () => {
        if (!answered) reject(new HttpFailure('protocol', 'the connection ended without an answer'));
      });
      started.end(request.body);
    });
  } catch (error) {
    outgoing?.destroy();
    // A connection that we cut ourselves looks like a reset from inside.
    throw toFailure(signal?.aborted ? late() : error, `${request.method ?? 'GET'} ${url.origin}${url.pathname}`);
  } finally {
    signal?.removeEventListener('abort', cut);
    deadline?.cancel();
    if (request.connection !== 'kept') outgoing?.destroy();
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new HttpFailure('protocol', `not a URL: ${text}`);
  }
}

function open(url: URL, kept: Kept, request: HttpRequest): ClientRequest {
  const options: RequestOptions = { method: request.method ?? 'GET', headers: { ...request.headers } };
  const isKept = request.connection === 'kept';
  if (url.protocol === 'http:') {
    // With a way to connect and no agent Node makes one connection and nothing to look after it: the quickest it has.
    return httpRequest(url, isKept ? { ...options, agent: kept.http } : { ...options, createConnection });
  }
  if (url.protocol === 'https:') return httpsRequest(url, { ...options, agent: isKept && kept.https });
  throw new HttpFailure('protocol', `no client for ${url.protocol}//`);
}

function createConnection(options: object): Socket {
  return connect(options as NetConnectOpts);
}

/** Events and no iterator: an answer is mostly one chunk, and there are thousands a second. */
function readAll(
  answer: IncomingMessage,
  maxBytes: number,
  resolve: (body: Uint8Array) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) answer.destroy(new HttpFailure('protocol', `the answer is longer than ${maxBytes} bytes`));
    else chunks.push(chunk);
  });
  answer.once('end', () => resolve(Buffer.concat(chunks)));
  answer.once('error', reject);
}

function toResponse(answer: IncomingMessage, body: Uint8Array): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode ?? 0, headers, body, text: () => Buffer.from(body).toString('utf8') };
}
