import type { LabNode } from '../core/lab-state.ts';
import type { Tools } from './tools.ts';

/** A Unix user by name and number. */
export interface Owner {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Everything that is decided once, before the first process of a lab starts. */
export interface Blueprint {
  /** Eight hex digits. */
  readonly id: string;
  readonly folder: string;
  readonly runFolder: string;
  readonly defaults: boolean;
  readonly tools: Tools;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly postgres: {
    /** Who runs Postgres where the lab runs as root; undefined: whoever we are. */
    readonly owner: Owner | undefined;
    /** Where the Postgres nodes' folders are. */
    readonly base: string;
  };
  /** How the demo API is started: a program and its arguments. */
  readonly api: { readonly file: string; readonly args: readonly string[] };
}

/** What a stack consists of, as data: nothing has been written or started yet. */
export interface StackPlan {
  readonly nodes: readonly LabNode[];
  /** Made with mode 0700, in order. */
  readonly folders: readonly LabFolder[];
  /** Written with mode 0600. */
  readonly files: readonly LabFile[];
}

interface LabFolder {
  readonly path: string;
  readonly owner?: Owner;
}

export interface LabFile {
  readonly path: string;
  readonly content: string;
}

export type Ports = Readonly<Record<PortName, number>>;

export const PORT_NAMES = [
  'pg-monitor',
  'pg-1',
  'pg-2',
  'pg-exporter-1',
  'pg-exporter-2',
  'redis-1',
  'redis-2',
  'redis-3',
  'sentinel-1',
  'sentinel-2',
  'sentinel-3',
  'redis-exporter-1',
  'redis-exporter-2',
  'redis-exporter-3',
  'minio-1',
  'minio-2',
  'minio-3',
  'minio-4',
  'haproxy',
  'haproxy-stats',
  'haproxy-metrics',
  'api-1',
  'api-2',
  'rabbitmq',
  'rabbitmq-metrics',
  'rabbitmq-dist',
  'epmd',
  'prometheus',
  'alertmanager',
] as const;
export type PortName = (typeof PORT_NAMES)[number];

/** Random for each lab, one file each below `secrets/`. */
export const SECRET_NAMES = ['postgres', 'redis', 'minio-access', 'minio-secret', 'rabbitmq', 'erlang-cookie'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
export type Secrets = Readonly<Record<SecretName, string>>;

export const LOOPBACK = '127.0.0.1';

/** Names that the lab's servers, its API and its settings share. */
export const NAMES = {
  database: 'app',
  databaseUser: 'app',
  monitorDatabase: 'pg_auto_failover',
  monitorUser: 'autoctl_node',
  redisMaster: 'mymaster',
  rabbitUser: 'gameday',
  bucket: 'api-objects',
  queue: 'gameday-api',
} as const;
