import { messageOf } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import { patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { type ReadSession, writeManifest, writeReport, writeScheduleRow } from './artefacts.ts';

/** Writes what follows from the journal. A disk that is full or hangs changes no verdict: it is said, and `report` can be asked again. */
export async function keepSession(
  world: Pick<World, 'fs' | 'clock'>,
  session: ReadSession,
  warn: (text: string) => void,
): Promise<void> {
  try {
    await patiently(world.clock, async () => {
      await writeReport(world, session);
      await writeManifest(world, session);
      await writeScheduleRow(world, session);
    });
  } catch (error) {
    warn(
      `warning: the report could not be written: ${messageOf(error)}\nhint: gameday report ${shellWord(session.folder)} makes it again from the journal\n`,
    );
  }
}
