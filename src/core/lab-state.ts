/** The lab's state file (`lab.json` in its folder): everything `platforms/lab.ts` needs to inspect, stop and start nodes. */
export interface LabState {
  readonly version: 1;
  /** Eight hex digits; marks the lab's processes. */
  readonly id: string;
  /** Real path of the lab's folder; also the id of the environment's lock. */
  readonly folder: string;
  readonly createdAt: string;
  /** `starting` and `stopping` are what an interrupted `lab up` or `lab down` leaves. */
  readonly phase: 'starting' | 'up' | 'stopping';
  /** True when the shipped defaults are used instead of the tuned settings. */
  readonly defaults: boolean;
  readonly nodes: readonly LabNode[];
  /** Stacks that could not be started here, with the reason: `minio: no binary`. */
  readonly missing: readonly { readonly stack: string; readonly reason: string }[];
  /** Short-lived folder for sockets (paths of sockets must be short), and for Postgres data where the lab's folder is closed to the postgres user. */
  readonly runFolder: string;
  /** Folder, mode 0700, with one file (0600) for each random password of this lab. */
  readonly secretsFolder: string;
}

export interface LabNode {
  /** `pg-1`, `redis-2`, `minio-3`, `haproxy`, `api-1`, `rabbitmq`, `prometheus`, … */
  readonly name: string;
  readonly stack: string;
  readonly folder: string;
  readonly logFile: string;
  /** By purpose: `{ sql: 5433 }`, `{ redis: 6379, sentinel: 26379 }`, `{ http: 9000 }`. */
  readonly ports: Readonly<Record<string, number>>;
  /** In the order in which they are started. */
  readonly processes: readonly LabProcess[];
  /** Done before each start, in order. */
  readonly prepare: readonly LabPrepare[];
  /** What must answer, all of it, before the node counts as `up` and not `starting`. */
  readonly ready: readonly LabReady[];
}

export interface LabProcess {
  readonly name: string;
  readonly file: string;
  /** No secrets: arguments can be read by every user of the machine. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Started as this user (by setpriv) where the lab runs as root and the server refuses root. */
  readonly runAs?: string;
}

export type LabPrepare =
  | { readonly kind: 'remove-files'; readonly paths: readonly string[] }
  /** Frees the SysV semaphores and shared memory that a hard kill left, as the given pid files name them. */
  | { readonly kind: 'free-ipc'; readonly autoctlPidFile: string; readonly postmasterPidFile: string }
  /** Asks the sentinels who is master and starts the process as its replica, so that no stale master serves. */
  | {
      readonly kind: 'follow-redis-master';
      readonly process: string;
      readonly masterName: string;
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
    };

export type LabReady =
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'http'; readonly url: string; readonly header?: { readonly name: string; readonly not: string } };
