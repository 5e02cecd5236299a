import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { NodeState } from '../core/node.ts';
import type { Platform } from '../core/platform.ts';
import type { Check } from '../core/scenario.ts';
import { readJournal } from '../journal/reader.ts';
import { armedFaults, foldJournal } from '../journal/view.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';

const INSPECT_MS = 5_000;

/**
 * Nodes that an earlier session on this environment broke and that nobody put back: a blocked check each. A node that is
 * up again by now is none. Journals that cannot be read are said as warnings.
 */
export async function findLeftovers(
  world: Pick<World, 'fs' | 'clock'>,
  sessions: string,
  environment: string,
  platforms: ReadonlyMap<string, Platform>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const names = ((await world.fs.list(sessions)) ?? []).filter((name) => name.endsWith(`-${environment}`));
  const checks: Check[] = [];
  for (const name of names) checks.push(...(await ofSession(world, join(sessions, name), name, platforms, signal)));
  return checks;
}

async function ofSession(
  world: Pick<World, 'fs' | 'clock'>,
  folder: string,
  name: string,
  platforms: ReadonlyMap<string, Platform>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    if (await saysRestored(world, folder)) return [];
    const bytes = await world.fs.readBytes(join(folder, 'journal.jsonl'));
    if (bytes === undefined) return [];
    const checks: Check[] = [];
    for (const { node, undo } of armedFaults(foldJournal(readJournal(bytes).records))) {
      const state = await stateOf(world, platforms.get(node.platform), node, signal);
      if (state === undo.verify) continue;
      checks.push({
        name: 'leftovers',
        status: 'blocked',
        detail: `${node.name} is ${state}: session ${name} broke it and did not restore it`,
        hint: `restore it: ${undo.byHand}`,
      });
    }
    return checks;
  } catch (error) {
    return [
      {
        name: 'leftovers',
        status: 'warning',
        detail: `session ${name} could not be looked at: ${messageOf(error)}`,
        hint: `look at ${folder} yourself`,
      },
    ];
  }
}

/** A session that ended in order says so in its result; its journal need not be read. */
async function saysRestored(world: Pick<World, 'fs'>, folder: string): Promise<boolean> {
  const text = await world.fs.readText(join(folder, 'result.json'));
  if (text === undefined) return false;
  try {
    const result: unknown = JSON.parse(text);
    return isJsonObject(result) && result.restored === true;
  } catch {
    // Cut short in the middle: then the journal is asked.
    return false;
  }
}

async function stateOf(
  world: Pick<World, 'clock'>,
  platform: Platform | undefined,
  node: Parameters<Platform['inspect']>[0],
  signal: AbortSignal,
): Promise<NodeState> {
  if (platform === undefined) return 'unknown';
  try {
    return (await withDeadline(world.clock, INSPECT_MS, signal, (inner) => platform.inspect(node, inner))).state;
  } catch {
    // A node that is not known to its platform or cannot be asked may be down: that is what `unknown` says.
    return 'unknown';
  }
}
