import { join } from 'node:path';
import type { LabNode } from '../../core/lab-state.ts';
import { type Blueprint, type LabFile, LOOPBACK, NAMES, type StackPlan } from '../blueprint.ts';
import { placeOf } from '../layout.ts';

const MEMBERS = [1, 2, 3] as const;
type Member = (typeof MEMBERS)[number];

const QUORUM = 2;

/** Three hosts, each with a redis-server and a sentinel; redis-1 begins as master. */
export function planRedis(blueprint: Blueprint): StackPlan {
  const programs = blueprint.tools.redis;
  if (programs === undefined) return { nodes: [], folders: [], files: [] };
  const nodes = MEMBERS.map((member) => nodeOf(blueprint, member, programs));
  const files = MEMBERS.flatMap((member, index): LabFile[] => {
    const folder = nodes[index]?.folder ?? '';
    return [
      { path: join(folder, 'redis.conf'), content: redisConfig(blueprint, member, folder) },
      { path: join(folder, 'sentinel.conf'), content: sentinelConfig(blueprint, member, folder) },
    ];
  });
  return { nodes, folders: nodes.map(({ folder }) => ({ path: folder })), files };
}

function nodeOf(blueprint: Blueprint, member: Member, programs: { server: string; sentinel: string }): LabNode {
  const name = `redis-${member}`;
  const place = placeOf(blueprint, name);
  const redis = blueprint.ports[`redis-${member}`];
  const sentinel = blueprint.ports[`sentinel-${member}`];
  const process = (file: string, config: string): LabNode['processes'][number] => ({
    name: config === 'redis.conf' ? 'redis-server' : 'redis-sentinel',
    file,
    args: [join(place.folder, config)],
    cwd: place.folder,
    env: {},
  });
  return {
    name,
    stack: 'redis',
    ...place,
    ports: { redis, sentinel },
    processes: [process(programs.server, 'redis.conf'), process(programs.sentinel, 'sentinel.conf')],
    prepare: [
      {
        kind: 'follow-redis-master',
        process: 'redis-server',
        masterName: NAMES.redisMaster,
        sentinels: MEMBERS.map((one) => ({ host: LOOPBACK, port: blueprint.ports[`sentinel-${one}`] })),
      },
    ],
    ready: [
      { kind: 'tcp', port: redis },
      { kind: 'tcp', port: sentinel },
    ],
  };
}

/** The servers rewrite this file themselves when their role changes, so that a cold start comes back in the last role. */
function redisConfig({ ports, secrets }: Blueprint, member: Member, folder: string): string {
  return lines([
    `port ${ports[`redis-${member}`]}`,
    `bind ${LOOPBACK}`,
    `dir ${quoted(folder)}`,
    'daemonize no',
    'save ""',
    'appendonly yes',
    // Waiting for more replicas before the first synchronisation would cost five seconds at each start.
    'repl-diskless-sync-delay 0',
    `requirepass ${secrets.redis}`,
    `masterauth ${secrets.redis}`,
    ...(member === 1 ? [] : [`replicaof ${LOOPBACK} ${ports['redis-1']}`]),
  ]);
}

function sentinelConfig({ ports, secrets, defaults }: Blueprint, member: Member, folder: string): string {
  const master = NAMES.redisMaster;
  return lines([
    `port ${ports[`sentinel-${member}`]}`,
    `bind ${LOOPBACK}`,
    `dir ${quoted(folder)}`,
    'daemonize no',
    `sentinel monitor ${master} ${LOOPBACK} ${ports['redis-1']} ${QUORUM}`,
    `sentinel auth-pass ${master} ${secrets.redis}`,
    ...(defaults
      ? []
      : [`sentinel down-after-milliseconds ${master} 3000`, `sentinel failover-timeout ${master} 10000`]),
  ]);
}

function quoted(path: string): string {
  return JSON.stringify(path);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
