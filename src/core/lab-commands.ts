import type { LabState } from './lab-state.ts';
import { shellWord } from './shell-word.ts';

/** What a person types to bring this lab up: of the kind that it is, for another kind is refused. */
export function labUpCommand({
  folder,
  defaults = false,
}: Pick<LabState, 'folder'> & Partial<Pick<LabState, 'defaults'>>): string {
  return `gameday lab up --lab-dir ${shellWord(folder)}${defaults ? ' --defaults' : ''}`;
}

/** What a person types to take this lab away. */
export function labDownCommand({ folder }: { readonly folder: string }): string {
  return `gameday lab down --lab-dir ${shellWord(folder)}`;
}
