import { messageOf } from '../core/errors.ts';
import { damagedLines, type LeftBehind, type Recovered, type RecoverInput, recoverSession } from '../engine/index.ts';
import { patiently } from '../world/await.ts';
import type { World } from '../world/world.ts';
import { type ReadSession, readSession } from './artefacts.ts';
import { keepSession } from './keep-session.ts';
import { gamedayVersion } from './package.ts';
import { noteClosed } from './past-sessions.ts';
import { leftDownText } from './recovery-text.ts';
import { redactKnown } from './secrets.ts';
import { openSessionLog, type SessionLog } from './session-log.ts';

export interface RecoveryInput extends Omit<RecoverInput, 'world' | 'redact' | 'version' | 'onLeftDown'> {
  /** The lock that the caller holds. */
  readonly lockPath: string;
  /** What was read there before, the lock held. */
  readonly left: LeftBehind;
  /** Text for stderr, with its newline. */
  readonly warn: (text: string) => void;
}

export interface Recovery {
  readonly recovered: Recovered;
  /** As it stands on disk afterwards; undefined where it cannot be read or says nothing. */
  readonly session: ReadSession | undefined;
}

/** Restores, closes the journal, and then writes all that `run` writes. The caller holds the lock and knows that there is something to do. */
export async function recoverAndKeep(world: World, input: RecoveryInput): Promise<Recovery> {
  const { folder, lockPath, left, origin, reason, platforms, ledgers, warn } = input;
  const log = await openLog(world, folder, left, warn);
  const recovered = await recoverSession({
    world,
    folder,
    left,
    origin,
    reason,
    platforms,
    ledgers,
    redact: redactKnown,
    version: gamedayVersion(),
    onRecord(record) {
      log?.add(record);
      input.onRecord(record);
    },
    onLeftDown: (left) => warn(leftDownText(left)),
  });
  // Damaged lines may have named more than was restored.
  const known = damagedLines(left.content).length === 0;
  if (known && recovered.notRestored.length === 0 && recovered.journalFailure === undefined)
    await noteClosed(world, lockPath, folder, (text) => warn(`warning: ${text}\n`));
  // Before anything else asks the disk that may be what hangs.
  if (recovered.journalFailure !== undefined)
    warn(`warning: the journal could not be written: ${messageOf(recovered.journalFailure)}\n`);
  const incomplete = await log?.close();
  if (incomplete !== undefined) warn(`warning: session.log is not complete: ${incomplete}\n`);
  const session = await readAgain(world, folder, warn);
  if (session !== undefined) await keepSession(world, session, warn);
  return { recovered, session };
}

/** A log that cannot be opened is no reason to leave a node down. */
async function openLog(
  world: World,
  folder: string,
  { content }: LeftBehind,
  warn: RecoveryInput['warn'],
): Promise<SessionLog | undefined> {
  try {
    return await patiently(world.clock, () => openSessionLog(world, folder, content.records));
  } catch (error) {
    warn(`warning: session.log cannot be written: ${messageOf(error)}\n`);
    return undefined;
  }
}

async function readAgain(world: World, folder: string, warn: RecoveryInput['warn']): Promise<ReadSession | undefined> {
  try {
    const session = await patiently(world.clock, () => readSession(world, folder));
    return session.view.started === undefined ? undefined : session;
  } catch (error) {
    warn(`warning: the report could not be written: ${messageOf(error)}\n`);
    return undefined;
  }
}
