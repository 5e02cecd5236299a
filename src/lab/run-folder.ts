import { join } from 'node:path';
import { isJsonObject } from '../core/json.ts';
import type { LabState } from '../core/lab-state.ts';
import type { World } from '../world/world.ts';

/** What a run folder says about itself, so that a lab whose state file is lost can still be taken down. */
export interface RunMark {
  readonly folder: string;
  /** Ids of semaphores and shared memory that stand in pid files mean nothing after a reboot. */
  readonly bootId: string;
}

const PREFIX = 'gameday-';
const MARK = 'lab.json';

/** To be called at each `lab up`, so that the boot is the current one. */
export async function markRunFolder(world: World, state: Pick<LabState, 'folder' | 'runFolder'>): Promise<void> {
  const mark: RunMark = { folder: state.folder, bootId: world.env.bootId };
  await world.fs.write(join(state.runFolder, MARK), `${JSON.stringify(mark)}\n`, 0o600);
}

export async function readRunMark(world: World, runFolder: string): Promise<RunMark | undefined> {
  const text = await world.fs.readText(join(runFolder, MARK));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value) || typeof value.folder !== 'string' || typeof value.bootId !== 'string') return undefined;
    return { folder: value.folder, bootId: value.bootId };
  } catch {
    // Not one of ours, or torn: then there is no mark.
    return undefined;
  }
}

/**
 * True for what another user has put there, and for a link: temporary folders are everybody's, and what stands in a run
 * folder says which processes are ended and which memory is freed. The owner of the lab's folder may have started the lab.
 */
export async function isForeignRunFolder(world: World, runFolder: string, folder: string): Promise<boolean> {
  const [there, lab] = await Promise.all([world.fs.entry(runFolder), world.fs.entry(folder)]);
  if (there === undefined) return false;
  return there.kind !== 'folder' || (there.uid !== world.env.uid && there.uid !== lab?.uid);
}

/** Run folders that say they belong to the lab in this folder, with the lab's id that their name holds. */
export async function findRunFolders(
  world: World,
  folder: string,
): Promise<readonly { readonly id: string; readonly runFolder: string }[]> {
  const found: { id: string; runFolder: string }[] = [];
  for (const temporary of new Set(['/tmp', world.env.get('TMPDIR') ?? '/tmp'])) {
    for (const name of (await world.fs.list(temporary)) ?? []) {
      const id = name.slice(PREFIX.length);
      if (!name.startsWith(PREFIX) || !/^[0-9a-f]{8}$/.test(id)) continue;
      const runFolder = join(temporary, name);
      if (await isForeignRunFolder(world, runFolder, folder)) continue;
      const mark = await readRunMark(world, runFolder).catch(() => undefined);
      if (mark?.folder === folder) found.push({ id, runFolder });
    }
  }
  return found;
}
