import { basename, join } from 'node:path';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import type { Platform } from '../../core/platform.ts';
import { shellWord } from '../../core/shell-word.ts';
import { damagedLines, dataLeft, type LeftBehind, leftBehind, removeDataLeft } from '../../engine/index.ts';
import { holdEnvironment, ownerOf, whoHolds } from '../../engine/lock.ts';
import type { SessionStarted } from '../../journal/events.ts';
import { type FaultView, mayBeAsked } from '../../journal/view.ts';
import { columns } from '../../report/columns.ts';
import { safeText } from '../../report/safe.ts';
import { withDeadline } from '../../world/await.ts';
import type { World } from '../../world/world.ts';
import { findSessions } from '../find-sessions.ts';
import { ledgersAgain } from '../ledgers-again.ts';
import { lockPathOf, platformsOf } from '../reach.ts';
import { recoverAndKeep } from '../recovery.ts';
import { dataLines, progressText, recoveredExit, resultLines } from '../recovery-text.ts';
import { say, sayLines } from '../say.ts';
import { learnSecrets, openSecrets } from '../secrets.ts';
import { shownPath } from '../session-started.ts';
import { saysRestored } from '../unclosed.ts';
import { type SessionOptions, sessionFolder } from './report.ts';

const INSPECT_MS = 5_000;
const WIDTH = 110;

export interface RecoverOptions extends SessionOptions {
  readonly dryRun?: boolean;
}

/**
 * Restores what a session left broken and closes its journal: the named one, or each that needs it in the sessions folder
 * and, unless that was named, wherever else this user has drilled from.
 * 0: everything is restored, or there was nothing to do; 5: a node is not; 3: refused, the environment is in use, or a
 * session that may have left a node broken could not be looked at.
 */
export async function recover(world: World, session: string | undefined, options: RecoverOptions): Promise<ExitCode> {
  if (session !== undefined) return recoverOne(world, await sessionFolder(world, session, options), options);
  const { where, folders, unseen } = await findSessions(world, options.sessions);
  const exits: ExitCode[] = [];
  for (const folder of folders) {
    const name = basename(folder);
    try {
      if (!(await needsNothing(world, folder))) exits.push(await recoverOne(world, folder, options));
    } catch (error) {
      // The other sessions may need it as badly.
      const hint =
        error instanceof GamedayError
          ? error.hint
          : `look at ${folder} yourself, then gameday recover ${shellWord(shownPath(world, folder))}`;
      say(world.tty.err, `error: ${name}: ${messageOf(error)}\nhint: ${hint}\n`);
      exits.push(error instanceof GamedayError ? error.exitCode : EXIT.inconclusive);
    }
  }
  const nothing = unseen.length === 0 ? 'nothing to recover: ' : '';
  if (exits.length === 0 && where !== '')
    say(world.tty.out, `${nothing}every session ${where} restored what it broke\n`);
  sayLines(world.tty.out, unseen);
  return worstOf(unseen.length === 0 ? exits : [...exits, EXIT.inconclusive]);
}

/** A folder that is no session, or whose session ended in order. One that cannot be read is looked at, and says why. */
async function needsNothing(world: World, folder: string): Promise<boolean> {
  if (!(await world.fs.exists(join(folder, 'journal.jsonl')))) return true;
  return saysRestored(world, folder);
}

function worstOf(exits: readonly ExitCode[]): ExitCode {
  const order = [EXIT.notRestored, EXIT.internal, EXIT.inconclusive, EXIT.usage];
  return order.find((exit) => exits.includes(exit)) ?? EXIT.pass;
}

async function recoverOne(world: World, folder: string, options: RecoverOptions): Promise<ExitCode> {
  const seen = await read(world, folder);
  const { out, err } = world.tty;
  const name = basename(folder);
  const doubt = doubtOf(seen);
  if (doubt !== undefined) say(err, `warning: ${name}: ${doubt}\n`);
  if (isDone(seen)) {
    if (doubt !== undefined) return EXIT.inconclusive;
    if (dataLeft(seen.view).length > 0 && options.dryRun !== true) return removeLate(world, name, seen);
    say(out, `${name}: nothing to do, every node that it broke is restored and its journal is closed\n`);
    return EXIT.pass;
  }
  const { started, writers } = seen.view;
  if (started === undefined || writers[0] === undefined) return neverBegan(world, name, seen);
  await learnSecrets(openSecrets(world, started.reach?.folder ?? world.env.cwd), started.config);
  const lockPath = await lockPathOf(world, started, writers[0].host);
  if (options.dryRun === true) return dryRun(world, folder, seen, lockPath);
  const lock = await holdEnvironment(world, lockPath, name);
  // From here on an interrupt must not leave a restore half done.
  const deaf = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) =>
    world.signals.on(signal, () =>
      say(err, `${signal} came: nodes are being restored, and that is brought to its end\n`),
    ),
  );
  try {
    // Somebody may have been faster, until we had the lock.
    const left = await read(world, folder);
    if (isDone(left)) {
      say(out, `${name}: somebody else has just restored it and closed its journal\n`);
      return EXIT.pass;
    }
    say(err, await stateText(world, folder, left));
    const recovery = await recoverAndKeep(world, {
      folder,
      lockPath,
      left,
      origin: 'recover',
      reason: `its tool did not close it; recovered by hand on ${world.env.hostname}`,
      platforms: (started) => platformsOf(world, started),
      ledgers: (started) => ledgersAgain(world, started),
      onRecord(record) {
        const line = progressText(record);
        if (line !== undefined) say(err, `${record.at} ${line}\n`);
      },
      warn: (text) => say(err, text),
    });
    say(out, `${[`${name}:`, ...resultLines(recovery, shownPath(world, folder))].join('\n')}\n`);
    const exit = recoveredExit(recovery.recovered);
    return exit === EXIT.pass && doubt !== undefined ? EXIT.inconclusive : exit;
  } finally {
    for (const stop of deaf) stop();
    await lock.release();
  }
}

/** The session has ended in order, yet could not remove what it had written. Its journal is closed, and stays as it is. */
async function removeLate(world: World, name: string, { view }: LeftBehind): Promise<ExitCode> {
  const again = (started: SessionStarted) => ledgersAgain(world, started);
  const quiet = { attempt: async () => undefined };
  const data = await removeDataLeft(world.clock, view, again, false, quiet);
  say(world.tty.out, `${[`${name}: every node that it broke is restored`, ...dataLines(data)].join('\n')}\n`);
  return EXIT.pass;
}

/** Shows what would be restored, and changes nothing. 5: a node that was broken is not up. */
async function dryRun(world: World, folder: string, left: LeftBehind, lockPath: string): Promise<ExitCode> {
  const busy = await whoHolds(world, lockPath);
  const platforms = await platformsHere(world, left);
  const states = await Promise.all(left.armed.map((fault) => stateOf(world, platforms, fault)));
  const { out } = world.tty;
  const runs = busy !== undefined && (await ownerOf(world, lockPath))?.session === basename(folder);
  if (runs) say(out, `${basename(folder)} is running: its own process restores what it breaks.\n`);
  say(out, await stateText(world, folder, left, runs));
  if (busy !== undefined) {
    say(out, `Nothing can be restored now: ${busy.message}\nNext: ${busy.hint}\n`);
    return EXIT.inconclusive;
  }
  const commands = left.armed.map(({ undo }) => `    ${safeText(undo.byHand, 900)}`);
  say(
    out,
    left.armed.length === 0
      ? 'Would be done: the journal is closed; no node is touched.\n'
      : `Would be done, in this order, as by:\n${commands.join('\n')}\nthen each node is inspected, and the journal is closed.\n`,
  );
  for (const { opened } of dataLeft(left.view))
    say(out, `Then what the drill has written would be removed: ${safeText(opened.namespace.what)}\n`);
  return states.every(({ isUp }) => isUp) ? EXIT.pass : EXIT.notRestored;
}

async function stateText(world: World, folder: string, left: LeftBehind, runs = false): Promise<string> {
  const head = `${basename(folder)} ${runs ? 'is not closed yet' : 'was not closed'}${left.armed.length === 0 ? ', and nothing of it is broken' : '; armed, newest first'}:\n`;
  if (left.armed.length === 0) return head;
  const platforms = await platformsHere(world, left);
  const rows = await Promise.all(
    left.armed.map(async (fault) => [
      fault.node.name,
      fault.requested === undefined || !mayBeAsked(fault)
        ? 'never asked to stop'
        : `${fault.requested.action} at ${fault.requested.at}`,
      (await stateOf(world, platforms, fault)).text,
    ]),
  );
  return `${head}${columns([['node', 'fault', 'now'], ...rows.map((row) => row.map((cell) => safeText(cell)))], WIDTH)}\n`;
}

async function platformsHere(world: World, { view }: LeftBehind): Promise<ReadonlyMap<string, Platform> | Error> {
  if (view.started === undefined) return new Map();
  return platformsOf(world, view.started).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
}

async function stateOf(
  world: World,
  platforms: ReadonlyMap<string, Platform> | Error,
  { node, undo }: FaultView,
): Promise<{ readonly isUp: boolean; readonly text: string }> {
  try {
    if (platforms instanceof Error) throw platforms;
    const platform = platforms.get(undo.platform);
    if (platform === undefined) throw new Error(`platform ${undo.platform} is not known here`);
    const { state, detail } = await withDeadline(world.clock, INSPECT_MS, undefined, (signal) =>
      platform.inspect(node, signal),
    );
    return { isUp: state === undo.verify, text: `${state} (${detail})` };
  } catch (error) {
    return { isUp: false, text: `unknown: ${messageOf(error)}` };
  }
}

async function read(world: World, folder: string): Promise<LeftBehind> {
  const left = await leftBehind(world, folder);
  if (left !== undefined) return left;
  throw new GamedayError({
    code: 'no-journal',
    message: `there is no journal in ${folder}`,
    hint: 'name a session folder, like sessions/2026-11-20T09-30-00Z-lab, or its name alone',
    exitCode: EXIT.usage,
  });
}

/** Damaged lines may have named faults: then "restored" is said of what is known, and never of everything. */
function doubtOf({ content }: LeftBehind): string | undefined {
  const damaged = damagedLines(content);
  if (damaged.length === 0) return undefined;
  return `its journal is damaged (line ${damaged.slice(0, 5).join(', ')}${damaged.length > 5 ? ', …' : ''}), so what it broke may not all be known: look at every node with gameday doctor`;
}

function isDone({ armed, closed }: LeftBehind): boolean {
  return armed.length === 0 && closed;
}

function neverBegan({ tty }: World, name: string, { content }: LeftBehind): ExitCode {
  if (damagedLines(content).length > 0) {
    throw new GamedayError({
      code: 'nothing-to-recover',
      message: `${name}: this version of gameday cannot read its journal`,
      hint: 'use the version that ran it, and look at the nodes: gameday doctor',
      exitCode: EXIT.inconclusive,
    });
  }
  say(tty.out, `${name}: nothing to do, it ended before anything was broken; its folder can be removed\n`);
  return EXIT.pass;
}
