import { join } from 'node:path';
import type { Blueprint, SecretName } from './blueprint.ts';

/** Where things stand in a lab's folder. */
export const layout = {
  state: (folder: string) => join(folder, 'lab.json'),
  secrets: (folder: string) => join(folder, 'secrets'),
  secret: (folder: string, name: SecretName) => join(folder, 'secrets', name),
  node: (folder: string, name: string) => join(folder, 'nodes', name),
  log: (folder: string, name: string) => join(folder, 'logs', `${name}.log`),
} as const;

/** Everything that `lab up` makes in the lab's folder, and `lab down` removes. The state file goes last. */
export const LAB_ENTRIES = ['nodes', 'leaders', 'secrets', 'logs', 'lab.json'] as const;

/** Folder and log file of a node that needs nothing special. */
export function placeOf(blueprint: Pick<Blueprint, 'folder'>, name: string): { folder: string; logFile: string } {
  return { folder: layout.node(blueprint.folder, name), logFile: layout.log(blueprint.folder, name) };
}
