import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
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
  const target = `${request.method ?? 'GET'} ${url.origin}${url.pathname}`;
  const deadline = clock.deadline(request.timeoutMs, request.signal);
  let outgoing: ClientRequest | undefined;
  const late = (): HttpFailure => overdue(request.timeoutMs, deadline.expired());
  const cut = (): void => {
    outgoing?.destroy(late());
  };
  try {
    if (deadline.signal.aborted) throw late();
    deadline.signal.addEventListener('abort', cut, { once: true });
    return await new Promise<HttpResponse>((resolve, reject) => {
      const started = open(url, kept, request);
      outgoing = started;
      let answered = false;
      started.on('error', reject);
      started.once('response', (answer) => {
        answered = true;
        readAll(answer, request.maxBytes ?? DEFAULT_MAX_BYTES).then(
          (body) => resolve(toResponse(answer, body)),
          reject,
        );
      });
      // Comes after `error` and `response`; alone it means that neither came, such as after an unasked upgrade.
      started.once('close', () => {
        if (!answered) reject(new HttpFailure('protocol', 'the connection ended without an answer'));
      });
      started.end(request.body);
    });
  } catch (error) {
    // A connection that we cut ourselves looks like a reset from inside.
    outgoing?.destroy();
    throw toFailure(deadline.signal.aborted ? late() : error, target);
  } finally {
    deadline.signal.removeEventListener('abort', cut);
    deadline.cancel();
    if (request.connection !== 'kept') outgoing?.destroy();
  }
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new HttpFailure('protocol', `not a URL: ${text}`);
  return new URL(text);
}

function open(url: URL, kept: Kept, request: HttpRequest): ClientRequest {
  const isKept = request.connection === 'kept';
  const options: RequestOptions = { method: request.method ?? 'GET', headers: { ...request.headers } };
  if (url.protocol === 'http:') return httpRequest(url, { ...options, agent: isKept && kept.http });
  if (url.protocol === 'https:') return httpsRequest(url, { ...options, agent: isKept && kept.https });
  throw new HttpFailure('protocol', `no client for ${url.protocol}//`);
}

async function readAll(answer: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new HttpFailure('protocol', `the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse(answer: IncomingMessage, body: Uint8Array): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { status: answer.statusCode ?? 0, headers, body, text: () => Buffer.from(body).toString('utf8') };
}
