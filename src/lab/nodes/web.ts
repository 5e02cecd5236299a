import { join } from 'node:path';
import type { LabNode } from '../../core/lab-state.ts';
import type { ApiConfig } from '../api/config.ts';
import { type Blueprint, type LabFile, LOOPBACK, NAMES, type StackPlan } from '../blueprint.ts';
import { haproxyConfig } from '../haproxy.ts';
import { placeOf } from '../layout.ts';

const BACKENDS = ['api-1', 'api-2'] as const;
type Backend = (typeof BACKENDS)[number];

/** HAProxy before two demo APIs. The APIs are there even where there is no HAProxy: every drill watches them. */
export function planWeb(blueprint: Blueprint): StackPlan {
  const apis = BACKENDS.map((name) => apiNode(blueprint, name));
  const files = apis.map((node, index): LabFile => {
    const content = JSON.stringify(apiConfig(blueprint, BACKENDS[index] ?? 'api-1'), null, 2);
    return { path: join(node.folder, 'config.json'), content: `${content}\n` };
  });
  const balancer = blueprint.tools.haproxy && haproxyNode(blueprint, blueprint.tools.haproxy.server);
  const nodes = balancer === undefined ? apis : [balancer, ...apis];
  if (balancer !== undefined) {
    files.push({ path: join(balancer.folder, 'haproxy.cfg'), content: haproxyText(blueprint) });
  }
  return { nodes, folders: nodes.map(({ folder }) => ({ path: folder })), files };
}

function haproxyNode(blueprint: Blueprint, file: string): LabNode {
  const place = placeOf(blueprint, 'haproxy');
  const { ports } = blueprint;
  return {
    name: 'haproxy',
    stack: 'haproxy',
    ...place,
    ports: { http: ports.haproxy, stats: ports['haproxy-stats'], metrics: ports['haproxy-metrics'] },
    processes: [
      { name: 'haproxy', file, args: ['-f', join(place.folder, 'haproxy.cfg'), '-db'], cwd: place.folder, env: {} },
    ],
    prepare: [],
    ready: [
      // Not a knock at the users' port, which would be logged as a bad request.
      { kind: 'http', url: `http://${LOOPBACK}:${ports['haproxy-metrics']}/metrics` },
      { kind: 'tcp', port: ports['haproxy-stats'] },
    ],
  };
}

function haproxyText({ ports, defaults }: Blueprint): string {
  return haproxyConfig({
    frontPort: ports.haproxy,
    statsPort: ports['haproxy-stats'],
    metricsPort: ports['haproxy-metrics'],
    servers: BACKENDS.map((name) => ({ name, host: LOOPBACK, port: ports[name] })),
    tuned: !defaults,
  });
}

function apiNode(blueprint: Blueprint, name: Backend): LabNode {
  const place = placeOf(blueprint, name);
  const port = blueprint.ports[name];
  return {
    name,
    stack: 'haproxy',
    ...place,
    ports: { http: port },
    processes: [
      {
        name: 'api',
        ...blueprint.api,
        cwd: place.folder,
        env: { NODE_ENV: 'production', API_CONFIG: join(place.folder, 'config.json') },
      },
    ],
    prepare: [],
    ready: [{ kind: 'http', url: `http://${LOOPBACK}:${port}/health/live` }],
  };
}

function apiConfig({ ports, secrets }: Blueprint, name: Backend): ApiConfig {
  const at = (port: number): { host: string; port: number } => ({ host: LOOPBACK, port });
  return {
    name,
    ...at(ports[name]),
    database: {
      hosts: [at(ports['pg-1']), at(ports['pg-2'])],
      database: NAMES.database,
      user: NAMES.databaseUser,
      password: secrets.postgres,
    },
    cache: {
      sentinels: [at(ports['sentinel-1']), at(ports['sentinel-2']), at(ports['sentinel-3'])],
      masterName: NAMES.redisMaster,
      password: secrets.redis,
    },
    objects: {
      endpoints: (['minio-1', 'minio-2', 'minio-3', 'minio-4'] as const).map(
        (node) => `http://${LOOPBACK}:${ports[node]}`,
      ),
      accessKey: secrets['minio-access'],
      secretKey: secrets['minio-secret'],
      bucket: NAMES.bucket,
    },
    messages: {
      ...at(ports.rabbitmq),
      user: NAMES.rabbitUser,
      password: secrets.rabbitmq,
      vhost: '/',
      queue: NAMES.queue,
    },
  };
}
