import { join } from 'node:path';
import type { Blueprint, SecretName } from './blueprint.ts';

export const STATE_FILE = 'lab.json';

/** Where things stand in a lab's folder. */
export const layout = {
  state: (folder: string) => join(folder, STATE_FILE),
  secrets: (folder: string) => join(folder, 'secrets'),
  secret: (folder: string, name: SecretName) => join(folder, 'secrets', name),
  node: (folder: string, name: string) => join(folder, 'nodes', name),
  log: (folder: string, name: string) => join(folder, 'logs', `${name}.log`),
} as const;

/** What `lab up` makes in the lab's folder beside the state file, and the mark of a selftest that was killed. */
export const LAB_ENTRIES = ['nodes', 'leaders', 'secrets', 'logs', 'sabotaged'] as const;

/** The state file, or what a power cut left of one that was just being written: where it stands, the folder is a lab's. */
export function isStateFile(name: string): boolean {
  return name === STATE_FILE || (name.startsWith(`${STATE_FILE}.`) && name.endsWith('.tmp'));
}

/** Folder and log file of a node that needs nothing special. */
export function placeOf(blueprint: Pick<Blueprint, 'folder'>, name: string): { folder: string; logFile: string } {
  return { folder: layout.node(blueprint.folder, name), logFile: layout.log(blueprint.folder, name) };
}
