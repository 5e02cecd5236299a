import type { LabNode, LabState } from '../../src/core/lab-state.ts';

export const LAB_FOLDER = '/srv/.gameday';
export const LAB_RUN_FOLDER = '/tmp/gameday-01234567';

/** A node of a lab in `LAB_FOLDER`, of one process, that nothing is done to before a start. */
export function labNode(name: string, stack: string, ports: Readonly<Record<string, number>>): LabNode {
  const folder = `${LAB_FOLDER}/nodes/${name}`;
  return {
    name,
    stack,
    folder,
    logFile: `${LAB_FOLDER}/logs/${name}.log`,
    ports,
    processes: [{ name: 'server', file: '/bin/server', args: ['-x'], cwd: folder, env: { A: 'b' } }],
    prepare: [],
    ready: [],
  };
}

/** The nodes of a Redis group as the lab has them. */
export function redisNodes(): readonly LabNode[] {
  return [1, 2, 3].map((n) => labNode(`redis-${n}`, 'redis', { redis: 10 + n, sentinel: 20 + n }));
}

/** A lab that is up and has these nodes. */
export function labState(nodes: readonly LabNode[], more: Partial<LabState> = {}): LabState {
  return {
    version: 1,
    id: '01234567',
    folder: LAB_FOLDER,
    createdAt: '2026-01-01T00:00:00.000Z',
    phase: 'up',
    defaults: false,
    nodes,
    missing: [],
    runFolder: LAB_RUN_FOLDER,
    secretsFolder: `${LAB_FOLDER}/secrets`,
    ...more,
  };
}
