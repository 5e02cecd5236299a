import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { JournalRecord } from '../journal/events.ts';
import { logLine, newLineState } from '../report/lines.ts';
import { patiently } from '../world/await.ts';
import type { AppendFile, World } from '../world/world.ts';

export interface SessionLog {
  add(record: JournalRecord): void;
  /** Resolves when everything is written; with why it is not complete, where it is not. */
  close(): Promise<string | undefined>;
}

/**
 * session.log, written as it happens. `before`: what was journaled by another process, which has written its lines. It is made of the journal alone and can be made again from it, so a failed write is
 * remembered and said at the end, and never stands in the way of the drill.
 */
export async function openSessionLog(
  world: Pick<World, 'fs' | 'clock'>,
  folder: string,
  before: readonly JournalRecord[] = [],
): Promise<SessionLog> {
  const path = join(folder, 'session.log');
  const file: AppendFile = await world.fs.openAppend(path, 0o600);
  if (before.length > 0) await endTornLine(world, path, file);
  const state = newLineState();
  for (const record of before) logLine(record, state);
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
      const written = async (): Promise<void> => {
        await queue;
        await file.close();
      };
      await patiently(world.clock, written).catch((error: unknown) => {
        failure ??= messageOf(error);
      });
      return failure;
    },
  };
}

/** A process that was killed may have left the beginning of a line. */
async function endTornLine(world: Pick<World, 'fs'>, path: string, file: AppendFile): Promise<void> {
  const size = (await world.fs.size(path)) ?? 0;
  const last = size === 0 ? undefined : await world.fs.readFrom(path, size - 1, 1);
  if (last !== undefined && last[0] !== 0x0a) await file.write(new TextEncoder().encode('\n'));
}
