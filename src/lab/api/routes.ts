import { randomUUID } from 'node:crypto';
import type { Cache } from './cache.ts';
import type { Database } from './database.ts';
import type { Health } from './health.ts';
import type { Messages } from './messages.ts';
import type { Registry } from './metrics.ts';
import type { Objects } from './objects.ts';

export interface Services {
  readonly database: Database;
  readonly cache: Cache;
  readonly objects: Objects;
  readonly messages: Messages;
  readonly registry: Registry;
  health(): Health;
}

export interface Reply {
  readonly status: number;
  readonly type?: string;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** A last part `:key` stands for anything. The path is also the metrics' label, so no user's text gets in there. */
  readonly path: string;
  handle(key: string, body: Buffer): Promise<Reply> | Reply;
}

/** The caller sent something that cannot be used; the message says what would be right. */
export class BadRequest extends Error {}

const WANTED = 'send JSON like {"body": "text"}, without NUL characters';
const BYTES = 'application/octet-stream';
const METRICS = 'text/plain; version=0.0.4; charset=utf-8';

/** All that the service offers over HTTP. */
export function routes(services: Services): readonly Route[] {
  return [
    ...statusRoutes(services),
    ...rowRoutes(services),
    ...cacheRoutes(services),
    ...objectRoutes(services),
    ...messageRoutes(services),
  ];
}

function statusRoutes({ health, registry }: Services): Route[] {
  const whole = (): Reply => {
    const body = health();
    return { status: body.status === 'unhealthy' ? 503 : 200, body };
  };
  const ready = (): Reply => {
    const { status, servedBy } = health();
    return { status: status === 'unhealthy' ? 503 : 200, body: { status, servedBy } };
  };
  return [
    { method: 'GET', path: '/api/v1/health', handle: whole },
    { method: 'GET', path: '/health/live', handle: () => ({ status: 200, body: { status: 'alive' } }) },
    { method: 'GET', path: '/health/ready', handle: ready },
    { method: 'GET', path: '/metrics', handle: () => ({ status: 200, type: METRICS, body: registry.render() }) },
  ];
}

function rowRoutes({ database }: Services): Route[] {
  const insert = `insert into rows (id, body) values ($1, $2) on conflict (id) do update set body = excluded.body returning id, body`;
  return [
    {
      method: 'POST',
      path: '/api/v1/rows',
      async handle(_key, bytes) {
        const { id = randomUUID(), body } = textFields(bytes);
        const [row] = await database.run(insert, [id, body]);
        return { status: 201, body: row };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/rows',
      async handle() {
        return {
          status: 200,
          body: { rows: await database.run('select id, body from rows order by stored_at desc limit 20', []) },
        };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/rows/:key',
      async handle(key) {
        const [row] = await database.run('select id, body from rows where id = $1', [key]);
        return row === undefined ? notFound(`row ${key}`) : { status: 200, body: row };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/sessions/:key',
      async handle(key) {
        const rows = await database.run<{ n: string }>('select n from ws_messages where session = $1 order by n', [
          key,
        ]);
        return { status: 200, body: { messages: rows.map((row) => Number(row.n)) } };
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/sessions/:key',
      async handle(key) {
        await database.run('delete from ws_messages where session = $1', [key]);
        return { status: 200, body: { session: key, deleted: true } };
      },
    },
  ];
}

function cacheRoutes({ cache }: Services): Route[] {
  const set = async (key: string, body: Buffer): Promise<Reply> => {
    return { status: 200, body: { key, stored: await cache.set(key, body.toString()) } };
  };
  return [
    { method: 'POST', path: '/api/v1/cache/:key', handle: set },
    { method: 'PUT', path: '/api/v1/cache/:key', handle: set },
    {
      method: 'GET',
      path: '/api/v1/cache/:key',
      async handle(key) {
        const { value, from } = await cache.get(key);
        return value === undefined ? notFound(`cache key ${key}`) : { status: 200, body: { key, value, from } };
      },
    },
  ];
}

function objectRoutes({ objects }: Services): Route[] {
  const put = async (key: string, body: Buffer): Promise<Reply> => {
    await objects.put(key, body);
    return { status: 201, body: { key, bytes: body.length } };
  };
  return [
    { method: 'POST', path: '/api/v1/objects/:key', handle: put },
    { method: 'PUT', path: '/api/v1/objects/:key', handle: put },
    {
      method: 'GET',
      path: '/api/v1/objects/:key',
      async handle(key) {
        const body = await objects.get(key);
        return body === undefined ? notFound(`object ${key}`) : { status: 200, type: BYTES, body };
      },
    },
  ];
}

function messageRoutes({ messages }: Services): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/messages',
      async handle(_key, bytes) {
        await messages.publish(textFields(bytes).body);
        return { status: 201, body: { confirmed: true } };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/messages',
      async handle() {
        return { status: 200, body: { message: (await messages.take()) ?? null } };
      },
    },
  ];
}

function notFound(what: string): Reply {
  return { status: 404, body: { error: `${what}: not found` } };
}

/** `{"body": "text"}`, with an `id` if the caller wants to repeat the request safely. */
function textFields(bytes: Buffer): { readonly id?: string; readonly body: string } {
  const fields = fieldsOf(bytes);
  const body = textField(fields, 'body');
  if (body === undefined) throw new BadRequest(WANTED);
  const id = textField(fields, 'id');
  return id === undefined ? { body } : { id, body };
}

function fieldsOf(bytes: Buffer): Map<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(bytes.toString())));
  } catch {
    throw new BadRequest(WANTED);
  }
}

function textField(fields: Map<string, unknown>, name: string): string | undefined {
  const text = fields.get(name);
  if (text === undefined) return undefined;
  // Postgres cannot store a NUL in a text.
  if (typeof text !== 'string' || text.includes('\0')) throw new BadRequest(WANTED);
  return text;
}
