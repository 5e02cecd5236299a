import { join } from 'node:path';
import { EXIT, GamedayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { UndoIntent } from '../core/node.ts';
import type { Platform } from '../core/platform.ts';
import { readJournal } from '../journal/reader.ts';
import { armedFaults, foldJournal } from '../journal/view.ts';
import { withDeadline } from '../world/await.ts';
import type { World } from '../world/world.ts';

const INSPECT_DEADLINE_MS = 5_000;

/** A fault of an earlier session that its journal does not call restored, on a node that is not up now. */
export interface Leftover {
  readonly session: string;
  readonly fault: string;
  readonly undo: UndoIntent;
  /** What the node looks like now: `down (no process)`. */
  readonly now: string;
}

/** Looks through the earlier sessions of this environment. One whose node is up again, by whoever's hand, is no leftover. */
export async function findLeftovers(
  world: World,
  sessionsFolder: string,
  environment: string,
  platforms: ReadonlyMap<string, Platform>,
): Promise<readonly Leftover[]> {
  const leftovers: Leftover[] = [];
  for (const session of (await world.fs.list(sessionsFolder)) ?? []) {
    const folder = join(sessionsFolder, session);
    if (await saysRestored(world, folder)) continue;
    const bytes = await world.fs.readBytes(join(folder, 'journal.jsonl')).catch(() => undefined);
    if (bytes === undefined) continue;
    const view = foldJournal(readJournal(bytes).records);
    if (view.started?.environment !== environment) continue;
    for (const { id, undo } of armedFaults(view)) {
      const now = await lookAt(world, platforms, undo);
      if (now !== undefined) leftovers.push({ session, fault: id, undo, now });
    }
  }
  return leftovers;
}

/** The refusal over what an earlier session left broken, with the command that mends each node. Undefined when there is nothing. */
export function leftoverRefusal(leftovers: readonly Leftover[]): GamedayError | undefined {
  if (leftovers.length === 0) return undefined;
  return new GamedayError({
    code: 'unrestored',
    message: `an earlier session left nodes down:\n${leftovers.map(({ session, undo, now }) => `  ${undo.node.name} is ${now}, broken in session ${session}`).join('\n')}`,
    hint: `start them, then run again:\n${leftovers.map(({ undo }) => `      ${undo.byHand}`).join('\n')}`,
    exitCode: EXIT.inconclusive,
  });
}

/** `result.json` is written last, after judging; without it the journal itself is asked. */
async function saysRestored(world: World, folder: string): Promise<boolean> {
  const text = await world.fs.readText(join(folder, 'result.json')).catch(() => undefined);
  if (text === undefined) return false;
  try {
    const result: unknown = JSON.parse(text);
    return isJsonObject(result) && result.restored === true;
  } catch {
    return false;
  }
}

/** How the node looks now, or undefined when it is as the undo wanted it. */
async function lookAt(
  world: World,
  platforms: ReadonlyMap<string, Platform>,
  undo: UndoIntent,
): Promise<string | undefined> {
  const platform = platforms.get(undo.platform);
  if (platform === undefined) return `out of reach (platform ${undo.platform} is not configured)`;
  try {
    const { state, detail } = await withDeadline(world.clock, INSPECT_DEADLINE_MS, undefined, (signal) =>
      platform.inspect(undo.node, signal),
    );
    return state === undo.verify ? undefined : `${state} (${detail})`;
  } catch (error) {
    return `unreadable (${error instanceof Error ? error.message : String(error)})`;
  }
}
