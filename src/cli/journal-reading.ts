import { messageOf } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import { type LeftBehind, leftBehind } from '../engine/index.ts';
import { isOutOfTime } from '../world/await.ts';
import type { Files, World } from '../world/world.ts';

/** Of looks that hang, the first is told, and then about one in five minutes. */
const TELL_EVERY = 20;

export interface JournalReading {
  readonly world: Pick<World, 'clock' | 'processes'> & { readonly fs: Pick<Files, 'readBytes'> };
  readonly folder: string;
  readonly session: string;
  readonly say: (line: string) => void;
}

/**
 * Answers what a session left behind, each time it is called, and says what hinders it: it is called again, and somebody
 * should look meanwhile.
 */
export function journalReading({ world, folder, session, say }: JournalReading): () => Promise<LeftBehind | undefined> {
  const fs = oneReadAtATime(world.fs);
  const disk = { clock: world.clock, fs };
  let waits = 0;
  return async () => {
    try {
      const left = await leftBehind(disk, folder);
      fs.taken();
      return left;
    } catch (error) {
      const hangs = isOutOfTime(error);
      if (hangs) waits += 1;
      else fs.taken();
      if (hangs && waits > 1 && waits % TELL_EVERY !== 0) throw error;
      say(`what session ${session} left broken cannot be looked up yet: ${messageOf(error)}`);
      if (hangs) say(`waiting for the disk of ${folder}, however long: this guard restores as soon as it answers`);
      say('look at the nodes now: gameday doctor');
      if (hangs) for (const line of meanwhile(world.processes.self.pid, folder)) say(line);
      throw error;
    }
  };
}

/** Whoever ends the guard ends the one who restores, and `gameday recover` reads the same disk: that comes last. */
function meanwhile(pid: number, folder: string): readonly string[] {
  return [
    'meanwhile start by hand what is down: "Recovery" in the runbook',
    `only if that disk never comes back: kill -KILL ${pid}`,
    `then, once the folder can be read again: gameday recover ${shellWord(folder)}`,
  ];
}

interface OneRead extends Pick<Files, 'readBytes'> {
  /** The answer has reached somebody: the next look reads anew. */
  taken(): void;
}

/**
 * A read that hangs holds one of a few threads, and without a free one nothing can be said either: its answer is waited for,
 * no other is begun. One that comes between two looks is kept for the next: a disk that is always too late would else never be heard.
 */
function oneReadAtATime(fs: Pick<Files, 'readBytes'>): OneRead {
  let begun: Promise<Uint8Array | undefined> | undefined;
  return {
    readBytes(path) {
      begun ??= fs.readBytes(path);
      return begun;
    },
    taken() {
      begun = undefined;
    },
  };
}
