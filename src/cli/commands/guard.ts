import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import type { Platform } from '../../core/platform.ts';
import { shellWord } from '../../core/shell-word.ts';
import { isoUtc } from '../../core/time.ts';
import {
  keepGuard,
  LEASE_MS,
  type LedgersOf,
  type LeftBehind,
  leftBehind,
  type Recovered,
} from '../../engine/index.ts';
import type { RecordOf } from '../../journal/events.ts';
import { safeText } from '../../report/safe.ts';
import { patientStderr } from '../../world/patient-stderr.ts';
import type { HeldLock, ProcessRef, SignalName, World } from '../../world/world.ts';
import { journalReading } from '../journal-reading.ts';
import { ledgersAgain } from '../ledgers-again.ts';
import { platformsOf } from '../reach.ts';
import { recoverAndKeep } from '../recovery.ts';
import { progressText, recoveredExit, resultLines } from '../recovery-text.ts';
import { learnSecrets, openSecrets, redactKnown } from '../secrets.ts';

/** Whoever reads our last words has so long to read them. */
const LAST_WORDS_MS = 5_000;
/** A command to be typed by hand must fit. */
const LONGEST = 900;
const TELL_AFTER_TRIES = 8;
const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export interface GuardOptions {
  /** The session's folder, absolute. */
  readonly session: string;
  /** `PID:START` of the process that is watched. */
  readonly tool: string;
}

/** What one guard knows and needs, all of it in hand before it says that it is ready. */
interface Duty {
  readonly world: World;
  readonly folder: string;
  readonly started: RecordOf<'session.started'>;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Of those that cannot be made here it says so when they are asked for: a node is restored without them. */
  readonly ledgers: LedgersOf;
  /** A line to whoever looks at the tool's stderr. */
  readonly say: (line: string) => void;
  /** Looks what was left behind, and says why that cannot be looked up. */
  readonly read: () => Promise<LeftBehind | undefined>;
}

/**
 * Started by `run`, by nobody else: waits until the tool dismisses it, dies or hangs, and in the last two cases restores
 * what the tool has broken. Everything it needs is loaded first: a drill may outlive the files of this program.
 */
export async function guard(world: World, options: GuardOptions): Promise<ExitCode> {
  // On duty until it is dismissed: Ctrl-C, the end of a CI step and a closed terminal are meant for the tool.
  for (const name of SIGNALS) world.signals.on(name, () => undefined);
  const folder = options.session;
  const tool = toolOf(options.tool);
  await world.exec.load();
  const left = await leftBehind(world, folder);
  const started = left?.view.started;
  if (started === undefined) throw usage(`${folder} is no session that has begun`);
  const platforms = await platformsOf(world, started);
  await learnSecrets(openSecrets(world, started.reach.folder ?? folder), started.config);
  const ledgers = ledgersAgain(world, started);
  await ledgers.catch(() => undefined);
  const stderr = patientStderr(world.clock);
  const say = (line: string): void =>
    stderr.write(`${isoUtc(world.clock.wall())} gameday guard: ${safeText(redactKnown(line), LONGEST)}\n`);
  const read = journalReading({ world, folder, session: started.session, say });
  const duty: Duty = { world, folder, started, platforms, ledgers: () => ledgers, say, read };
  try {
    const end = await keepGuard({
      world,
      tool,
      leash: world.guards.leash(),
      leaseMs: LEASE_MS,
      lock: lockFor(duty),
      recover: (reason) => restore(duty, reason),
    });
    return end === 'dismissed' ? EXIT.pass : recoveredExit(end);
  } catch (error) {
    say(`what session ${started.session} left broken could not be looked up: ${messageOf(error)}`);
    say(`look at the nodes now (gameday doctor), then: gameday recover ${shellWord(folder)}`);
    return EXIT.notRestored;
  } finally {
    // Node waits for a thread that hangs in a write before it exits. The lock is free by now.
    if (!(await stderr.drained(LAST_WORDS_MS))) world.processes.kill(world.processes.self.pid, 'SIGKILL');
  }
}

/** A tool that was killed lets go of its lock within moments. Says once why the lock cannot be taken, and goes on trying: without it nothing is touched. */
function lockFor({ world, started, say }: Duty): () => Promise<HeldLock | undefined> {
  const { lockPath } = started.reach;
  let tries = 0;
  return async () => {
    let problem: string;
    try {
      const owner = {
        ...world.processes.self,
        host: world.env.hostname,
        session: started.session,
        since: isoUtc(world.clock.wall()),
      };
      const answer = await world.locks.acquire(lockPath, owner);
      if ('held' in answer) return answer.held;
      problem = `it is held by ${answer.owner === undefined ? 'another process' : `pid ${answer.owner.pid}`}`;
    } catch (error) {
      problem = messageOf(error);
    }
    tries += 1;
    if (tries === TELL_AFTER_TRIES) say(`waiting for the lock ${lockPath}: ${problem}`);
    return undefined;
  };
}

/** Asked with the lock in hand. Says nothing where the session had ended in order. */
async function restore(
  { world, folder, started, platforms, ledgers, say, read }: Duty,
  reason: string,
): Promise<Recovered> {
  const left = await read();
  if (left === undefined) throw new Error(`the journal in ${folder} is gone`);
  if (left.armed.length === 0 && left.closed) return { acted: false, restored: [], notRestored: [] };
  const nodes = left.armed.map((fault) => fault.node.name);
  say(`${reason}.`);
  say(
    nodes.length === 0
      ? `Nothing of session ${started.session} is broken; closing its journal.`
      : `Now restoring what session ${started.session} has broken: ${nodes.join(', ')}. Leave this machine on.`,
  );
  const recovery = await recoverAndKeep(world, {
    folder,
    lockPath: started.reach.lockPath,
    left,
    origin: 'guard',
    reason,
    platforms: async () => platforms,
    ledgers,
    onRecord(record) {
      const line = progressText(record);
      if (line !== undefined) say(line);
    },
    warn(text) {
      for (const line of text.trimEnd().split('\n')) say(line);
    },
  });
  for (const line of resultLines(recovery, folder)) say(line);
  return recovery.recovered;
}

function toolOf(text: string): ProcessRef {
  const [, pid, startTime] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (pid === undefined || startTime === undefined) throw usage(`--tool ${text} is no PID:START`);
  return { pid: Number(pid), startTime };
}

function usage(message: string): GamedayError {
  return new GamedayError({
    code: 'guard-usage',
    message,
    hint: 'gameday run starts its guard itself',
    exitCode: EXIT.usage,
  });
}
