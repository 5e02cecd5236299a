import { join } from 'node:path';
import { isJsonObject } from '../core/json.ts';
import type { World } from '../world/world.ts';
import { type NamedEnvironment, suffixOf } from './session-folder.ts';

/** Folders of sessions, by name, in the order in which they began. `environment`: only those of this one. */
export async function sessionNames(
  world: Pick<World, 'fs'>,
  sessions: string,
  environment?: NamedEnvironment,
): Promise<readonly string[]> {
  const names = (await world.fs.list(sessions)) ?? [];
  if (environment === undefined) return names;
  // A lab's folders once ended with its name alone.
  const ends = [`-${suffixOf(environment)}`, `-${environment.name}`];
  return names.filter((name) => ends.some((end) => name.endsWith(end)));
}

/** A session that ended in order and restored everything says so in its result: its journal need not be read. */
export async function saysRestored(world: Pick<World, 'fs'>, folder: string): Promise<boolean> {
  const text = await world.fs.readText(join(folder, 'result.json'));
  if (text === undefined) return false;
  try {
    const result: unknown = JSON.parse(text);
    return isJsonObject(result) && result.restored === true && typeof result.endedAt === 'string';
  } catch {
    // Cut short in the middle: then the journal is asked.
    return false;
  }
}
