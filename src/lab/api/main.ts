import type { Server } from 'node:http';
import { Cache } from './cache.ts';
import { type ApiConfig, readConfig } from './config.ts';
import { Database } from './database.ts';
import { healthOf } from './health.ts';
import { textOf } from './limits.ts';
import { createLog, type Log } from './log.ts';
import { Messages } from './messages.ts';
import { Registry } from './metrics.ts';
import { Objects } from './objects.ts';
import { routes } from './routes.ts';
import { createApiServer } from './server.ts';
import { Sessions } from './websocket.ts';

const CLOSE_MS = 1000;

/**
 * A small service that behaves when its dependencies do not: Postgres, Redis, MinIO and RabbitMQ may each go and come
 * back; the service goes on with what is left, says so in its health, metrics and log, and recovers by itself.
 */
async function main(): Promise<void> {
  const config = readConfig(process.env.API_CONFIG);
  const log = createLog(config.name, toStdout);
  // A bug, or a late error of a connection that was given up: worth an error line, not an outage.
  process.on('unhandledRejection', (reason) => log.error('api', `unhandled rejection: ${textOf(reason)}`));
  process.on('uncaughtException', (error) => log.error('api', `uncaught exception: ${error.stack ?? textOf(error)}`));

  process.stdout.on('error', () => undefined);

  const service = build(config, log);
  // Listening only after the first look: nobody is sent here before it is known what can be served.
  await Promise.all(service.components.map((component) => component.start()));
  await listen(service.server, config);
  log.info('api', `listens on ${config.host}:${config.port}`);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(service, log, signal));
}

/** Where the log cannot be written (a full disk) there is nowhere to say so, and serving goes on. */
function toStdout(line: string): void {
  try {
    process.stdout.write(line);
  } catch {}
}

interface Service {
  readonly server: Server;
  readonly components: readonly Database['component'][];
  close(): Promise<void>;
}

function build(config: ApiConfig, log: Log): Service {
  const registry = new Registry();
  const hits = registry.counter('cache_hits_total', 'Values found, by where they were found.');
  const misses = registry.counter('cache_misses_total', 'Values not found, by where they were looked for.');
  for (const subsystem of ['redis', 'memory']) {
    hits.add({ subsystem }, 0);
    misses.add({ subsystem }, 0);
  }
  const counters = {
    hit: (subsystem: string) => hits.add({ subsystem }),
    miss: (subsystem: string) => misses.add({ subsystem }),
  };

  const database = new Database(config.database, log);
  const cache = new Cache(config.cache, counters, log);
  const objects = new Objects(config.objects, log);
  const messages = new Messages(config.messages, log);
  const components = [database, cache, objects, messages].map((dependency) => dependency.component);

  registry.gauge('component_up', 'Whether a dependency can be used (1, also when degraded) or not (0).', () =>
    components.map(({ name, state }) => [{ component: name }, state.status === 'unhealthy' ? 0 : 1] as const),
  );
  registry.gauge('component_degraded', 'Whether a dependency can be used in part only (1).', () =>
    components.map(({ name, state }) => [{ component: name }, state.status === 'degraded' ? 1 : 0] as const),
  );
  const health = () => healthOf(config.name, components);
  const server = createApiServer({
    name: config.name,
    routes: routes({ database, cache, objects, messages, registry, health }),
    requests: registry.counter('http_requests_total', 'Answers, by method, route and status.'),
    durations: registry.histogram('http_request_duration_seconds', 'Time from request to answer.'),
    log,
  });
  const received = registry.counter('ws_messages_total', 'WebSocket messages, by what they were answered.');
  for (const result of ['ack', 'nack']) received.add({ result }, 0);
  const sessions = new Sessions({ name: config.name, server, database, messages: received });

  return {
    server,
    components,
    async close() {
      server.close();
      server.closeIdleConnections();
      sessions.close();
      cache.close();
      objects.close();
      messages.close();
      await database.close();
    },
  };
}

function listen(server: Server, config: ApiConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Closes politely, but not for longer than a second: what cannot be closed by then ends with the process. */
async function stop(service: Service, log: Log, signal: string): Promise<void> {
  log.info('api', `${signal}: closing`);
  setTimeout(() => process.exit(0), CLOSE_MS).unref();
  await service.close();
  process.exit(0);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${textOf(error)}\n`);
  process.exit(1);
});
