import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { JournalRecord } from '../journal/events.ts';
import { logLine, newLineState } from '../report/lines.ts';
import type { AppendFile, World } from '../world/world.ts';

export interface SessionLog {
  add(record: JournalRecord): void;
  /** Resolves when everything is written; with why it is not complete, where it is not. */
  close(): Promise<string | undefined>;
}

/**
 * session.log, written as it happens. It is made of the journal alone and can be made again from it, so a failed write is
 * remembered and said at the end, and never stands in the way of the drill.
 */
export async function openSessionLog(world: Pick<World, 'fs'>, folder: string): Promise<SessionLog> {
  const file: AppendFile = await world.fs.openAppend(join(folder, 'session.log'), 0o600);
  const state = newLineState();
  let failure: string | undefined;
  let queue: Promise<void> = Promise.resolve();
  return {
    add(record) {
      const lines = logLine(record, state);
      if (lines.length === 0) return;
      const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
      queue = queue
        .then(() => (failure === undefined ? file.write(bytes) : undefined))
        .catch((error: unknown) => {
          failure ??= messageOf(error);
        });
    },
    async close() {
      await queue;
      await file.close().catch((error: unknown) => {
        failure ??= messageOf(error);
      });
      return failure;
    },
  };
}
