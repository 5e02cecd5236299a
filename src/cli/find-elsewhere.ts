import { basename, dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { leftBehind } from '../engine/index.ts';
import { ownerOf } from '../engine/lock.ts';
import { layout } from '../lab/layout.ts';
import { patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { everyPastSession, listPath, type PastSession } from './past-sessions.ts';
import { saysRestored } from './unclosed.ts';

/** A session that may have left a node broken, and that could not be looked at. */
export interface Unseen {
  readonly folder: string;
  /** The file that names it. */
  readonly list: string;
  readonly why: string;
}

export interface Elsewhere {
  /** Absolute; each can be looked at. */
  readonly found: readonly string[];
  /** Those of them that have not said that they restored everything. */
  readonly unfinished: readonly string[];
  readonly unseen: readonly Unseen[];
  /** Those that are none of a recovery's business, and why. */
  readonly leftAlone: readonly { readonly folder: string; readonly why: string }[];
  /** Lists that could not be read, as texts for people. */
  readonly unread: readonly string[];
}

interface Look {
  readonly real: string;
  readonly restored?: boolean;
  readonly leaveAlone?: string;
}

/** Sessions that the lists beside this user's locks name, without those in `here` and those that are closed and gone. */
export async function findElsewhere(world: World, here: readonly string[]): Promise<Elsewhere> {
  const known = new Set(await Promise.all(here.map((folder) => world.fs.realPath(folder))));
  const found: string[] = [];
  const unfinished: string[] = [];
  const unseen: Unseen[] = [];
  const leftAlone: { folder: string; why: string }[] = [];
  const unread: string[] = [];
  for (const past of await everyPastSession(world, (text) => unread.push(text))) {
    const { folder } = past;
    try {
      // Another disk may hang: nodes that can be restored do not wait for it.
      const { real, restored, leaveAlone } = await patiently(world.clock, () => lookAt(world, past));
      if (known.has(real)) continue;
      known.add(real);
      if (leaveAlone !== undefined) leftAlone.push({ folder, why: leaveAlone });
      else found.push(folder);
      if (leaveAlone === undefined && restored !== true) unfinished.push(folder);
    } catch (error) {
      if (!past.closed) unseen.push({ folder, list: listPath(past.lockPath), why: messageOf(error) });
    }
  }
  return { found, unfinished, unseen, leftAlone, unread };
}

/** Where a session's folder really is, and why it is none of this recovery's business. Rejects where it cannot be looked at. */
async function lookAt(world: World, { folder, lockPath }: PastSession): Promise<Look> {
  if (!(await world.fs.exists(join(folder, 'journal.jsonl'))))
    throw new Error('it is not there (removed, or its disk is not mounted)');
  const real = await world.fs.realPath(folder);
  if (await saysRestored(world, folder)) return { real, restored: true };
  if ((await ownerOf(world, lockPath))?.session === basename(folder))
    return { real, leaveAlone: 'it is running, and its own process restores what it breaks' };
  const { view } = (await leftBehind(world, folder)) ?? {};
  for (const how of Object.values(view?.started?.reach?.platforms ?? {})) {
    if (isJsonObject(how) && typeof how.folder === 'string' && !(await world.fs.exists(layout.state(how.folder))))
      return { real, leaveAlone: `the lab in ${how.folder} is gone, and its nodes with it` };
  }
  return { real };
}

/** As many are named one by one. */
const NAMED = 3;

/** `a`, `b`, `c` and how many more. */
export function firstOf(names: readonly string[]): readonly string[] {
  return names.length <= NAMED ? names : [...names.slice(0, NAMED), `and ${names.length - NAMED} more`];
}

/** What could not be looked at, and what a person does about it: a recovery's last words. Empty where everything was seen. */
export function unseenLines({ unseen, unread }: Pick<Elsewhere, 'unseen' | 'unread'>): readonly string[] {
  if (unseen.length + unread.length === 0) return [];
  const sessions = unseen.length === 0 ? [] : [`${count(unseen.length, 'session')} could not be looked at`];
  const lists = unread.length === 0 ? [] : [`${count(unread.length, 'list')} of sessions could not be read`];
  const files = [...new Set(unseen.map(({ list }) => list))];
  const [first] = files;
  const where = files.length > NAMED && first !== undefined ? [join(dirname(first), listPath('*'))] : files;
  const removed = where.length === 0 ? '' : `; a folder was removed for good: take its line out of ${where.join(', ')}`;
  return [
    `${[...sessions, ...lists].join(', ')}: a node may be down`,
    `Next: look at the nodes (gameday doctor); its disk is not mounted: mount it, and repeat${removed}`,
  ];
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}
