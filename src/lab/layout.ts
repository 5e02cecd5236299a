import { join } from 'node:path';
import { shellWord } from '../core/shell-word.ts';
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

/**
 * As `placeOf`, for programs that cannot stand a blank in a path: MinIO takes its drives as URLs, and RabbitMQ hands the
 * path of its own to `df` in a shell. Below a folder of such a name their nodes live in the run folder.
 */
export function plainPlaceOf(
  blueprint: Pick<Blueprint, 'folder' | 'runFolder'>,
  name: string,
): { folder: string; logFile: string } {
  const place = placeOf(blueprint, name);
  return isPlain(place.folder) ? place : { ...place, folder: join(blueprint.runFolder, 'nodes', name) };
}

/** Every program takes such a path. */
export function isPlain(path: string): boolean {
  return shellWord(path) === path;
}
