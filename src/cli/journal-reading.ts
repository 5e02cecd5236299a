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
      if (hangs)
        say(
          `waiting for the disk of ${folder}, however long: nothing is restored before it answers. ` +
            `To end this guard: kill -KILL ${world.processes.self.pid}, then: gameday recover ${shellWord(folder)}`,
        );
      say('look at the nodes now: gameday doctor');
      throw error;
    }
  };
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
