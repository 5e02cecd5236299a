import { basename, dirname, join, resolve } from 'node:path';
import { EXIT, GamedayError, messageOf } from '../core/errors.ts';
import { INBOX } from '../engine/inbox.ts';
import { type InboxMessage, MOST_BYTES, messageFile } from '../engine/inbox-message.ts';
import { ownerOf } from '../engine/lock.ts';
import type { LockOwner, World } from '../world/world.ts';
import { lockFolder } from './lock-path.ts';
import { listPath, pastSessions } from './past-sessions.ts';
import { shownPath } from './session-started.ts';

export interface RunningOptions {
  readonly sessions?: string;
  readonly session?: string;
}

export interface RunningSession {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** The lock that its writer holds. */
  readonly lock: string;
}

const WAIT_MS = 5_000;
const LOOK_EVERY_MS = 100;

/**
 * The session that runs at this moment, as the kernel's locks tell: below the sessions folder, else, unless that folder was
 * named, wherever the list beside its lock says. Throws a GamedayError (refused) when none runs, or when it cannot be told
 * which one is meant.
 */
export async function findRunning(world: World, options: RunningOptions): Promise<RunningSession> {
  const sessions = resolve(world.env.cwd, options.sessions ?? 'sessions');
  const held = await heldLocks(world);
  const wanted = held.filter(({ owner }) => options.session === undefined || owner.session === options.session);
  const here: RunningSession[] = [];
  const elsewhere: RunningSession[] = [];
  for (const { lock, owner } of wanted) {
    const name = owner.session;
    const folder = join(sessions, name);
    if (await hasJournal(world, folder)) here.push({ name, folder, lock });
    else
      for (const past of await pastSessions(world, lock))
        if (basename(past) === name && (await hasJournal(world, past))) elsewhere.push({ name, folder: past, lock });
  }
  const found = here.length > 0 || options.sessions !== undefined ? here : elsewhere;
  const [one, ...others] = found;
  if (one === undefined) throw noneFound(shownPath(world, sessions), wanted, elsewhere, options.session);
  if (others.length > 0) {
    throw refused(
      `${found.length} sessions are running: ${found.map(({ folder }) => shownPath(world, folder)).join(', ')}`,
      `say which one you mean with --session NAME, or with --sessions FOLDER, like --sessions ${shownPath(world, dirname(one.folder))}`,
    );
  }
  return one;
}

function hasJournal(world: World, folder: string): Promise<boolean> {
  return world.fs.exists(join(folder, 'journal.jsonl'));
}

/** Hands a message to the session's writer and waits until it is written down. Rejects when that was not seen in time. */
export async function deliver(world: World, session: RunningSession, message: InboxMessage): Promise<void> {
  const content = messageFile(message);
  if (Buffer.byteLength(content) > MOST_BYTES)
    throw new GamedayError({
      code: 'message-too-long',
      message: `the text is too long: ${MOST_BYTES / 1024} KiB at most`,
      hint: 'say it in fewer words',
      exitCode: EXIT.usage,
    });
  const path = join(
    session.folder,
    INBOX,
    `${world.clock.wall()}-${world.processes.self.pid}-${world.random.hex(4)}.json`,
  );
  try {
    await world.fs.write(path, content, 0o600);
  } catch (error) {
    throw refused(
      `session ${session.name} takes no messages: ${messageOf(error)}`,
      'run it as the user who runs the session',
    );
  }
  const giveUpAt = world.clock.now() + WAIT_MS;
  while (await world.fs.exists(path)) {
    if (world.clock.now() >= giveUpAt) throw await notTaken(world, session, path);
    await world.clock.sleep(LOOK_EVERY_MS);
  }
}

interface Held {
  readonly lock: string;
  readonly owner: LockOwner;
}

async function heldLocks(world: World): Promise<readonly Held[]> {
  const folder = lockFolder(world.env);
  const held: Held[] = [];
  const names = (await world.fs.list(folder)) ?? [];
  const lists = new Set(names.map(listPath));
  for (const name of names) {
    if (lists.has(name)) continue;
    const lock = join(folder, name);
    const owner = await ownerOf(world, lock);
    // The note names a folder; it must not lead anywhere else.
    if (owner !== undefined && isName(owner.session)) held.push({ lock, owner });
  }
  return held;
}

function isName(session: string): boolean {
  return session !== '' && session !== '.' && session !== '..' && !/[/\\\p{Cc}]/u.test(session);
}

async function notTaken(world: World, session: RunningSession, path: string): Promise<GamedayError> {
  const owner = await ownerOf(world, session.lock);
  if (owner?.session !== session.name) {
    await world.fs.remove(path);
    return refused(`session ${session.name} has ended meanwhile: nothing was written`, 'look at it: gameday report');
  }
  return refused(
    `session ${session.name} has not taken the message in ${WAIT_MS / 1_000}s; it takes it as soon as it goes on`,
    `look whether its process (pid ${owner.pid}) hangs or is stopped; the message lies in ${shownPath(world, path)}`,
  );
}

function noneFound(
  sessions: string,
  held: readonly Held[],
  elsewhere: readonly RunningSession[],
  wanted: string | undefined,
): GamedayError {
  if (held.length > 0) {
    const names = held.map(({ owner, lock }) => {
      const folder = elsewhere.find((one) => one.lock === lock)?.folder;
      return `${folder ?? owner.session} (pid ${owner.pid} on ${owner.host})`;
    });
    const [first] = elsewhere;
    const folder = first === undefined ? 'FOLDER' : dirname(first.folder);
    return refused(
      `a session is running, but it is not below ${sessions}: ${names.join(', ')}`,
      `name the folder that it writes to: --sessions ${folder}`,
    );
  }
  const what = wanted === undefined ? 'no session is running' : `no session ${wanted} is running`;
  return refused(
    what,
    'only the user who started a session sees it here; gameday doctor says whether an environment is being drilled',
  );
}

function refused(message: string, hint: string): GamedayError {
  return new GamedayError({ code: 'no-running-session', message, hint, exitCode: EXIT.inconclusive });
}
