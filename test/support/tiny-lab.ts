import { join } from 'node:path';
import type { LabNode, LabState } from '../../src/core/lab-state.ts';
import type { World } from '../../src/world/world.ts';

/**
 * A server as nasty as they come: deaf to SIGTERM, with an orphan in a session of its own that starts new processes
 * again and again, and another one that has given up its environment.
 */
const SCRIPT = `
trap "" TERM
setsid sh -c 'while :; do sleep 0.05; done' &
(setsid sh -c 'sleep 600 & sleep 600' &)
(setsid env -i sleep 600 &)
(env -i sleep 600 &)
echo started
while :; do sleep 0.05; done
`;

/** A lab of two tiny nodes in this folder; nothing is running yet. */
export async function tinyLab(world: World, folder: string): Promise<LabState> {
  const names = ['n1', 'n2'];
  await world.fs.makeFolder(join(folder, 'leaders'));
  const nodes = await Promise.all(
    names.map(async (name): Promise<LabNode> => {
      const own = join(folder, name);
      await world.fs.makeFolder(own);
      return {
        name,
        stack: 'tiny',
        folder: own,
        logFile: join(folder, `${name}.log`),
        ports: {},
        processes: [{ name: 'server', file: '/bin/sh', args: ['-c', SCRIPT], cwd: own, env: {} }],
        prepare: [{ kind: 'remove-files', paths: [join(own, 'stale.pid')] }],
        ready: [],
      };
    }),
  );
  return {
    version: 1,
    id: world.random.hex(4),
    folder,
    createdAt: '2026-01-01T00:00:00.000Z',
    phase: 'up',
    defaults: false,
    nodes,
    missing: [],
    runFolder: join(folder, 'run'),
    secretsFolder: join(folder, 'secrets'),
  };
}

/** Living processes with the lab's marker or with a working folder in the lab. */
export async function livingOf(world: World, state: LabState): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { pid, name } of await world.processes.list()) {
    const marker = await world.processes.environment(pid, 'GAMEDAY_LAB');
    const cwd = await world.processes.cwd(pid);
    if (marker?.startsWith(state.id) || cwd?.startsWith(`${state.folder}/`)) found.push(`${pid} ${name}`);
  }
  return found;
}
