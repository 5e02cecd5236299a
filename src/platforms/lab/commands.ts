import type { LabState } from '../../core/lab-state.ts';

/** What a person types to bring this lab up: of the kind that it is, for another kind is refused. */
export function labUpCommand({ folder, defaults }: Pick<LabState, 'folder' | 'defaults'>): string {
  return `gameday lab up --lab-dir ${quote(folder)}${defaults ? ' --defaults' : ''}`;
}

/** What a person types to take this lab away. */
export function labDownCommand({ folder }: Pick<LabState, 'folder'>): string {
  return `gameday lab down --lab-dir ${quote(folder)}`;
}

/** A path as a shell takes it. */
export function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
