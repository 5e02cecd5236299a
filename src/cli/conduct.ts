import { type NotRestored, runSession } from '../engine/index.ts';
import type { JournalRecord } from '../journal/events.ts';
import type { World } from '../world/world.ts';
import { abortLimits } from './abort-limits.ts';
import { findLeftovers, pastOf } from './leftovers.ts';
import type { SessionEnd } from './node-down.ts';
import { gamedayVersion } from './package.ts';
import { noteClosed, rememberSession } from './past-sessions.ts';
import { sayLines } from './say.ts';
import { secretVariables } from './secrets.ts';
import type { SessionFolder } from './session-folder.ts';
import { openSessionLog } from './session-log.ts';
import { describeSession } from './session-started.ts';
import type { Stack, StackOptions } from './stack.ts';

export interface ConductOptions extends StackOptions {
  /** Drills whose target cannot be met are carried out all the same. */
  readonly force?: boolean;
}

/** What is told while a session runs. */
interface SessionListener {
  /** Each record once it stands in the journal. */
  onRecord(record: JournalRecord): void;
  /** At once, whether the journal can be written or not. */
  onLeftDown(left: NotRestored): void;
  onJournalLost(cause: Error): void;
}

/**
 * One session on an opened stack, with guard, lock and session.log. Resolves when every node that was broken has been
 * undone, or was given up on.
 */
export async function conduct(
  world: World,
  stack: Stack,
  options: ConductOptions,
  folder: SessionFolder,
  listener: SessionListener,
): Promise<SessionEnd> {
  const log = await openSessionLog(world, folder.path);
  try {
    const result = await runSession({
      world,
      sessionId: folder.id,
      folder: folder.path,
      started: await describeSession(world, stack, options, folder.id),
      drills: stack.drills,
      platforms: stack.platforms,
      alerts: stack.alerts,
      lockPath: stack.lockPath,
      redact: stack.redact,
      abort: abortLimits(stack.loaded, stack.drills),
      force: options.force === true,
      version: gamedayVersion(),
      startGuard: () => {
        const { pid, startTime } = world.processes.self;
        return world.guards.start(
          ['guard', '--session', folder.path, '--tool', `${pid}:${startTime}`],
          secretVariables(stack.loaded.effective),
        );
      },
      async leftovers(signal) {
        const left = await findLeftovers(world, pastOf(stack), signal);
        await rememberSession(world, stack.lockPath, folder.path);
        return left;
      },
      onClosed: () =>
        noteClosed(world, stack.lockPath, folder.path, (text) => sayLines(world.tty.err, [`warning: ${text}`])),
      onRecord(record) {
        log.add(record);
        listener.onRecord(record);
      },
      onLeftDown: (left) => listener.onLeftDown(left),
      onJournalLost: (cause) => listener.onJournalLost(cause),
    });
    return { result };
  } catch (failure) {
    return { failure };
  } finally {
    const incomplete = await log.close();
    if (incomplete !== undefined) sayLines(world.tty.err, [`warning: session.log is not complete: ${incomplete}`]);
  }
}
