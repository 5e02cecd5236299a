import { basename, join } from 'node:path';
import { GamedayError, messageOf } from '../core/errors.ts';
import type { NodeState } from '../core/node.ts';
import type { Platform } from '../core/platform.ts';
import type { Check } from '../core/scenario.ts';
import { shellWord } from '../core/shell-word.ts';
import { damagedLines } from '../engine/index.ts';
import { type LockWorld, whoHolds } from '../engine/lock.ts';
import { foldJournal } from '../journal/fold.ts';
import { readJournal } from '../journal/reader.ts';
import { armedFaults } from '../journal/view.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { pastSessions } from './past-sessions.ts';
import type { NamedEnvironment } from './session-folder.ts';
import type { Stack } from './stack.ts';
import { saysRestored, sessionNames } from './unclosed.ts';

const INSPECT_MS = 5_000;

/** Where earlier sessions on one environment are, and how their nodes are looked at. */
export interface Past extends Pick<Stack, 'lockPath' | 'sessions' | 'platforms'> {
  readonly environment: NamedEnvironment;
}

export function pastOf({ lockPath, sessions, platforms, loaded }: Stack): Past {
  return { lockPath, sessions, platforms, environment: loaded.config.environment };
}

/**
 * Nodes that an earlier session on this environment broke and that nobody put back: a blocked check each. A node that is
 * up again by now is none. A journal that cannot be read may name such a node, so it blocks too.
 */
export async function findLeftovers(
  world: Pick<World, 'fs' | 'clock'>,
  { lockPath, sessions, platforms, environment }: Past,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const here = (await sessionNames(world, sessions, environment)).map((name) => join(sessions, name));
  const checks: Check[] = [];
  for (const folder of new Set([...here, ...(await pastSessions(world, lockPath))]))
    checks.push(...(await ofSession(world, folder, basename(folder), platforms, signal)));
  return checks;
}

/** The same for those who do not hold the lock: what a session has broken that is running now is no leftover. */
export async function findLeftoversNow(world: LockWorld, past: Past): Promise<readonly Check[]> {
  if (await isHeld(world, past.lockPath)) return [];
  return findLeftovers(world, past, new AbortController().signal);
}

/** A lock that cannot be looked at is another check's to say; leftovers are looked for all the same. */
async function isHeld(world: LockWorld, path: string): Promise<boolean> {
  try {
    return (await whoHolds(world, path)) !== undefined;
  } catch (error) {
    if (error instanceof GamedayError) return false;
    throw error;
  }
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
    const content = readJournal(bytes);
    const damaged = damagedLines(content);
    if (damaged.length > 0) throw new Error(`line ${damaged[0]} of its journal cannot be read`);
    for (const { node, undo } of armedFaults(foldJournal(content.records))) {
      const state = await stateOf(world, platforms.get(node.platform), node, signal);
      if (state === undo.verify) continue;
      checks.push({
        name: 'leftovers',
        status: 'blocked',
        detail: `${node.name} is ${state}: session ${name} broke it and did not restore it`,
        hint: `restore it: gameday recover ${shellWord(folder)}   (or by hand: ${undo.byHand})`,
      });
    }
    return checks;
  } catch (error) {
    return [
      {
        name: 'leftovers',
        status: 'blocked',
        detail: `session ${name} could not be looked at: ${messageOf(error)}`,
        hint: `look at every node (gameday doctor), then move ${folder} elsewhere`,
      },
    ];
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
