import { join } from 'node:path';
import type { LabNode } from '../../core/lab-state.ts';
import { type Blueprint, type LabFile, LOOPBACK, NAMES, type PortName, type StackPlan } from '../blueprint.ts';
import { layout, placeOf } from '../layout.ts';
import { alertmanagerConfig, alertRules, prometheusConfig, type Scrape } from '../prometheus.ts';

const POSTGRES = ['pg-1', 'pg-2'] as const;
const REDIS = ['redis-1', 'redis-2', 'redis-3'] as const;
const MINIO = ['minio-1', 'minio-2', 'minio-3', 'minio-4'] as const;
const API = ['api-1', 'api-2'] as const;

type Programs = NonNullable<Blueprint['tools']['monitoring']>;

/** Prometheus, Alertmanager, and an exporter for each server that cannot tell about itself. */
export function planMonitoring(blueprint: Blueprint): StackPlan {
  const programs = blueprint.tools.monitoring;
  if (programs === undefined) return { nodes: [], folders: [], files: [] };
  const postgres = blueprint.tools.postgres === undefined ? [] : POSTGRES;
  const redis = blueprint.tools.redis === undefined ? [] : REDIS;
  const nodes = [
    prometheusNode(blueprint, programs),
    alertmanagerNode(blueprint, programs),
    ...postgres.map((node) => postgresExporter(blueprint, programs, node)),
    ...redis.map((node) => redisExporter(blueprint, programs, node)),
  ];
  const prometheus = layout.node(blueprint.folder, 'prometheus');
  const files: LabFile[] = [
    { path: join(prometheus, 'prometheus.yml'), content: prometheusText(blueprint, join(prometheus, 'rules.yml')) },
    { path: join(prometheus, 'rules.yml'), content: alertRules({ tuned: !blueprint.defaults }) },
    { path: join(layout.node(blueprint.folder, 'alertmanager'), 'alertmanager.yml'), content: alertmanagerConfig() },
    ...redis.map((node) => ({
      path: join(layout.node(blueprint.folder, exporterOf(node)), 'passwords.json'),
      content: `${JSON.stringify({ [redisAddress(blueprint, node)]: blueprint.secrets.redis })}\n`,
    })),
  ];
  return { nodes, folders: nodes.map(({ folder }) => ({ path: folder })), files };
}

/** `pg-1` has `pg-exporter-1`. */
function exporterOf<Name extends (typeof POSTGRES)[number] | (typeof REDIS)[number]>(node: Name): PortName {
  const [stack, number] = node.split('-');
  return `${stack}-exporter-${number}` as PortName;
}

function redisAddress({ ports }: Blueprint, node: (typeof REDIS)[number]): string {
  return `redis://${LOOPBACK}:${ports[node]}`;
}

function prometheusText({ tools, ports }: Blueprint, rulesFile: string): string {
  const at = (port: PortName): string => `${LOOPBACK}:${ports[port]}`;
  const scrapes: Scrape[] = [
    ...(tools.postgres ? POSTGRES : []).map((node) => ({
      job: 'postgres' as const,
      node,
      target: at(exporterOf(node)),
    })),
    ...(tools.redis ? REDIS : []).map((node) => ({ job: 'redis' as const, node, target: at(exporterOf(node)) })),
    ...(tools.minio ? MINIO : []).map((node) => ({ job: 'minio' as const, node, target: at(node) })),
    ...(tools.haproxy ? [{ job: 'haproxy' as const, node: 'haproxy', target: at('haproxy-metrics') }] : []),
    ...(tools.rabbitmq ? [{ job: 'rabbitmq' as const, node: 'rabbitmq', target: at('rabbitmq-metrics') }] : []),
    ...API.map((node) => ({ job: 'api' as const, node, target: at(node) })),
  ];
  return prometheusConfig({ scrapes, rulesFile, alertmanager: at('alertmanager') });
}

function prometheusNode(blueprint: Blueprint, programs: Programs): LabNode {
  const place = placeOf(blueprint, 'prometheus');
  const port = blueprint.ports.prometheus;
  return server(place, 'prometheus', port, programs.prometheus, '/-/ready', [
    `--config.file=${join(place.folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(place.folder, 'data')}`,
    '--storage.tsdb.retention.time=1d',
    `--web.listen-address=${LOOPBACK}:${port}`,
  ]);
}

function alertmanagerNode(blueprint: Blueprint, programs: Programs): LabNode {
  const place = placeOf(blueprint, 'alertmanager');
  const port = blueprint.ports.alertmanager;
  return server(place, 'alertmanager', port, programs.alertmanager, '/-/ready', [
    `--config.file=${join(place.folder, 'alertmanager.yml')}`,
    `--storage.path=${join(place.folder, 'data')}`,
    `--web.listen-address=${LOOPBACK}:${port}`,
    // Without this it gossips on every address of the machine.
    '--cluster.listen-address=',
  ]);
}

function postgresExporter(blueprint: Blueprint, programs: Programs, node: (typeof POSTGRES)[number]): LabNode {
  const name = exporterOf(node);
  const port = blueprint.ports[name];
  return server(
    placeOf(blueprint, name),
    name,
    port,
    programs.postgresExporter,
    '/',
    [`--web.listen-address=${LOOPBACK}:${port}`, '--disable-default-metrics', '--disable-settings-metrics'],
    {
      DATA_SOURCE_URI: `${LOOPBACK}:${blueprint.ports[node]}/${NAMES.database}?sslmode=disable&connect_timeout=1`,
      DATA_SOURCE_USER: NAMES.databaseUser,
      DATA_SOURCE_PASS_FILE: layout.secret(blueprint.folder, 'postgres'),
    },
  );
}

function redisExporter(blueprint: Blueprint, programs: Programs, node: (typeof REDIS)[number]): LabNode {
  const name = exporterOf(node);
  const port = blueprint.ports[name];
  const place = placeOf(blueprint, name);
  return server(place, name, port, programs.redisExporter, '/health', [], {
    REDIS_ADDR: redisAddress(blueprint, node),
    REDIS_PASSWORD_FILE: join(place.folder, 'passwords.json'),
    REDIS_EXPORTER_WEB_LISTEN_ADDRESS: `${LOOPBACK}:${port}`,
  });
}

/** A node of one process with one HTTP port. */
function server(
  place: { readonly folder: string; readonly logFile: string },
  name: string,
  port: number,
  file: string,
  readyPath: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): LabNode {
  return {
    name,
    stack: 'monitoring',
    ...place,
    ports: { http: port },
    processes: [{ name, file, args, cwd: place.folder, env }],
    prepare: [],
    ready: [{ kind: 'http', url: `http://${LOOPBACK}:${port}${readyPath}` }],
  };
}
