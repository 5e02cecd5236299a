import type { LabNode, LabState } from '../../src/core/lab-state.ts';

const FOLDER = '/srv/.gameday';
const RUN = '/tmp/gameday-01234567';

export const labNode = (name: string, stack: string, ports: Readonly<Record<string, number>>): LabNode => ({
  name,
  stack,
  folder: `${FOLDER}/nodes/${name}`,
  logFile: `${FOLDER}/logs/${name}.log`,
  ports,
  processes: [{ name: 'server', file: '/bin/server', args: ['-x'], cwd: `${FOLDER}/nodes/${name}`, env: { A: 'b' } }],
  prepare: [
    { kind: 'remove-files', paths: [`${FOLDER}/nodes/${name}/pid`, `${RUN}/${name}.sock`] },
    { kind: 'free-ipc', autoctlPidFile: `${RUN}/a`, postmasterPidFile: `${RUN}/b` },
  ],
  ready: [{ kind: 'http', url: 'http://127.0.0.1:1/', header: { name: 'x', not: 'y' } }],
});

/** The state of a lab with every stack, of which nothing runs. */
export const WHOLE_LAB: LabState = {
  version: 1,
  id: '01234567',
  folder: FOLDER,
  createdAt: '2026-01-01T00:00:00.000Z',
  phase: 'up',
  defaults: false,
  nodes: [
    labNode('pg-monitor', 'postgres', { sql: 1 }),
    labNode('pg-1', 'postgres', { sql: 2 }),
    labNode('pg-2', 'postgres', { sql: 3 }),
    ...[1, 2, 3].map((n) => labNode(`redis-${n}`, 'redis', { redis: 10 + n, sentinel: 20 + n })),
    ...[1, 2, 3, 4].map((n) => labNode(`minio-${n}`, 'minio', { http: 70 + n })),
    labNode('haproxy', 'haproxy', { http: 30, stats: 31 }),
    ...[1, 2].map((n) => labNode(`api-${n}`, 'haproxy', { http: 40 + n })),
    labNode('rabbitmq', 'rabbitmq', { amqp: 50 }),
    labNode('prometheus', 'monitoring', { http: 60 }),
    labNode('alertmanager', 'monitoring', { http: 61 }),
  ],
  missing: [],
  runFolder: RUN,
  secretsFolder: `${FOLDER}/secrets`,
};
