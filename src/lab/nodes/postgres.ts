import { join } from 'node:path';
import type { LabNode } from '../../core/lab-state.ts';
import { type Blueprint, LOOPBACK, NAMES, type Owner, type StackPlan } from '../blueprint.ts';
import { layout } from '../layout.ts';

type PostgresName = 'pg-monitor' | 'pg-1' | 'pg-2';

/** Paths of one Postgres node. */
export interface PostgresPlace {
  readonly folder: string;
  readonly data: string;
  readonly home: string;
  readonly runtime: string;
  /** Short, because paths of sockets must be. */
  readonly sockets: string;
}

export function placeOfPostgres(folder: string, runFolder: string, name: string): PostgresPlace {
  return {
    folder,
    data: join(folder, 'data'),
    home: join(folder, 'home'),
    runtime: join(folder, 'run'),
    sockets: join(runFolder, name),
  };
}

/** pg_auto_failover: a monitor and two data nodes with synchronous replication. */
export function planPostgres(blueprint: Blueprint): StackPlan {
  const { tools, ports } = blueprint;
  if (tools.postgres === undefined) return { nodes: [], folders: [], files: [] };
  const { autoctl } = tools.postgres;
  const monitor = `postgres://${NAMES.monitorUser}@${LOOPBACK}:${ports['pg-monitor']}/${NAMES.monitorDatabase}?sslmode=prefer`;
  const data = (name: 'pg-1' | 'pg-2'): LabNode =>
    nodeOf(blueprint, name, autoctl, (place) => [
      ...['create', 'postgres', '--pgdata', place.data, '--name', name, '--pgport', String(ports[name])],
      ...['--hostname', LOOPBACK, '--listen', LOOPBACK, '--auth', 'trust', '--no-ssl'],
      ...['--username', NAMES.databaseUser, '--dbname', NAMES.database, '--monitor', monitor, '--run'],
    ]);
  const nodes = [
    // Made beforehand (see bootstrap/postgres.ts): only then can the monitor be told to listen on loopback alone.
    nodeOf(blueprint, 'pg-monitor', autoctl, (place) => ['run', '--pgdata', place.data]),
    data('pg-1'),
    data('pg-2'),
  ];
  const { owner } = blueprint.postgres;
  return { nodes, folders: nodes.flatMap((node) => foldersOf(blueprint, node, owner)), files: [] };
}

function nodeOf(
  blueprint: Blueprint,
  name: PostgresName,
  autoctl: string,
  argsOf: (place: PostgresPlace) => readonly string[],
): LabNode {
  const { postgres, tools, ports } = blueprint;
  const place = placeOfPostgres(join(postgres.base, name), blueprint.runFolder, name);
  return {
    name,
    stack: 'postgres',
    folder: place.folder,
    logFile: layout.log(blueprint.folder, name),
    ports: { sql: ports[name] },
    processes: [
      {
        name: 'pg_autoctl',
        file: autoctl,
        args: argsOf(place),
        cwd: place.folder,
        env: {
          HOME: place.home,
          XDG_CONFIG_HOME: place.home,
          XDG_DATA_HOME: place.home,
          XDG_RUNTIME_DIR: place.runtime,
          // The folder of the server's socket; the other name is what clients look at.
          PG_REGRESS_SOCK_DIR: place.sockets,
          PGHOST: place.sockets,
          PGPORT: String(ports[name]),
          PATH: `${tools.postgres?.bin ?? ''}:/usr/local/bin:/usr/bin:/bin`,
          LC_ALL: 'C.UTF-8',
        },
        ...(postgres.owner === undefined ? {} : { runAs: postgres.owner.name }),
      },
    ],
    prepare: [
      {
        kind: 'free-ipc',
        autoctlPidFile: join(place.runtime, 'pg_autoctl', place.data, 'pg_autoctl.pid'),
        postmasterPidFile: join(place.data, 'postmaster.pid'),
      },
      // A recycled pid in one of these blocks the start ("already running with PID").
      {
        kind: 'remove-files',
        paths: [
          join(place.runtime, 'pg_autoctl'),
          join(place.data, 'postmaster.pid'),
          join(place.sockets, `.s.PGSQL.${ports[name]}`),
          join(place.sockets, `.s.PGSQL.${ports[name]}.lock`),
        ],
      },
    ],
    ready: [{ kind: 'tcp', port: ports[name] }],
  };
}

function foldersOf(blueprint: Blueprint, node: LabNode, owner: Owner | undefined): StackPlan['folders'] {
  const place = placeOfPostgres(node.folder, blueprint.runFolder, node.name);
  return [place.folder, place.home, place.runtime, place.sockets].map((path) => ({ path, ...(owner && { owner }) }));
}
