import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { textOf, Unavailable } from './limits.ts';
import type { Log } from './log.ts';
import type { Counter, Histogram } from './metrics.ts';
import { BadRequest, type Reply, type Route } from './routes.ts';

export interface ServerOptions {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly requests: Counter;
  readonly durations: Histogram;
  readonly log: Log;
}

const MOST_BODY_BYTES = 16 * 1024 * 1024;
const BODY_MS = 5000;

/** The HTTP side of the service: finds the route, limits what is read, turns errors into answers and counts all of it. */
export function createApiServer(options: ServerOptions): Server {
  const server = createServer((request, response) => void serve(options, request, response));
  // Longer than a balancer keeps an idle connection: the side that reuses it has to be the one that closes it.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  return server;
}

async function serve(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const found = find(options.routes, method, path);
  // A caller that went away in the middle of its answer is no error of ours.
  response.on('error', () => undefined);
  const reply = await answer(options, found, request);
  response.setHeader('x-served-by', options.name);
  send(response, reply, request.method === 'HEAD');
  const route = found?.route.path ?? 'none';
  options.requests.add({ method, route, status: String(reply.status) });
  options.durations.observe({ method, route }, (performance.now() - started) / 1000);
}

async function answer(options: ServerOptions, found: Found | undefined, request: IncomingMessage): Promise<Reply> {
  try {
    if (found === undefined) return { status: 404, body: { error: 'no such path or method' } };
    const body = found.route.method === 'GET' ? Buffer.alloc(0) : await readBody(request);
    return await found.route.handle(found.key, body);
  } catch (error) {
    if (error instanceof BadRequest) return { status: 400, body: { error: error.message } };
    if (error instanceof Unavailable) return { status: 503, body: { error: error.message } };
    options.log.error('api', `${request.method} ${found?.route.path}: ${textOf(error)}`);
    return { status: 500, body: { error: 'internal error' } };
  }
}

interface Found {
  readonly route: Route;
  readonly key: string;
}

function find(all: readonly Route[], method: string, path: string): Found | undefined {
  for (const route of all) {
    if (route.method !== method) continue;
    if (route.path === path) return { route, key: '' };
    const start = route.path.endsWith('/:key') ? route.path.slice(0, -4) : undefined;
    const rest = start !== undefined && path.startsWith(start) ? decoded(path.slice(start.length)) : undefined;
    if (rest !== undefined && rest !== '') return { route, key: rest };
  }
  return undefined;
}

function decoded(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part);
    return /[\0/]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => request.destroy(new Error('body too slow')), BODY_MS);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BODY_BYTES) throw new BadRequest(`at most ${MOST_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest(`body not read: ${textOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, reply: Reply, headOnly: boolean): void {
  const asIs = typeof reply.body === 'string' || Buffer.isBuffer(reply.body);
  const bytes = asIs ? Buffer.from(reply.body as string | Buffer) : Buffer.from(JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    'content-type': reply.type ?? 'application/json',
    'content-length': bytes.length,
  });
  response.end(headOnly ? undefined : bytes);
}
