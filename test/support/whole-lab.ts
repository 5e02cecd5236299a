import type { LabNode, LabState } from '../../src/core/lab-state.ts';
import { LAB_FOLDER, LAB_RUN_FOLDER, labNode, labState, redisNodes } from './lab-state.ts';

/** A node that has everything which may stand in the file. */
export function wholeNode(...of: Parameters<typeof labNode>): LabNode {
  const [name] = of;
  return {
    ...labNode(...of),
    prepare: [
      { kind: 'remove-files', paths: [`${LAB_FOLDER}/nodes/${name}/pid`, `${LAB_RUN_FOLDER}/${name}.sock`] },
      { kind: 'free-ipc', autoctlPidFile: `${LAB_RUN_FOLDER}/a`, postmasterPidFile: `${LAB_RUN_FOLDER}/b` },
    ],
    ready: [{ kind: 'http', url: 'http://127.0.0.1:1/', header: { name: 'x', not: 'y' } }],
  };
}

/** The state of a lab with every stack, of which nothing runs. */
export const WHOLE_LAB: LabState = labState([
  wholeNode('pg-monitor', 'postgres', { sql: 1 }),
  wholeNode('pg-1', 'postgres', { sql: 2 }),
  wholeNode('pg-2', 'postgres', { sql: 3 }),
  ...redisNodes().map(({ name, stack, ports }) => wholeNode(name, stack, ports)),
  ...[1, 2, 3, 4].map((n) => wholeNode(`minio-${n}`, 'minio', { http: 70 + n })),
  wholeNode('haproxy', 'haproxy', { http: 30, stats: 31 }),
  ...[1, 2].map((n) => wholeNode(`api-${n}`, 'haproxy', { http: 40 + n })),
  wholeNode('rabbitmq', 'rabbitmq', { amqp: 50 }),
  wholeNode('prometheus', 'monitoring', { http: 60 }),
  wholeNode('alertmanager', 'monitoring', { http: 61 }),
]);
