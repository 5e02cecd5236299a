import { basename, dirname, join, resolve } from 'node:path';
import { EXIT, type ExitCode, GamedayError } from '../../core/errors.ts';
import { findingsOf } from '../../report/findings.ts';
import type { World } from '../../world/world.ts';
import { readSession, reportOf, writeManifest, writeReport } from '../artefacts.ts';
import { everyPastSession } from '../past-sessions.ts';
import { say, sayLines } from '../say.ts';
import { shownPath } from '../session-started.ts';

const JOURNAL = 'journal.jsonl';

export interface SessionOptions {
  readonly sessions?: string;
}

/** Renders report.md and result.json again from the journal alone. */
export async function report(
  world: World,
  session: string,
  options: SessionOptions & { readonly stdout?: boolean },
): Promise<ExitCode> {
  const read = await readSession(world, await sessionFolder(world, session, options));
  if (options.stdout === true) {
    const text = reportOf(read);
    // A person's own template may hold what a terminal would obey; a file gets the bytes of report.md.
    if (world.tty.out.isTTY) say(world.tty.out, text);
    else world.tty.out.write(text);
    return EXIT.pass;
  }
  await writeReport(world, read);
  await writeManifest(world, read);
  sayLines(world.tty.err, [`written: ${shownPath(world, join(read.folder, 'report.md'))} and result.json`]);
  const down = findingsOf(read.view, read.judgement).filter((one) => one.kind === 'restore-by-hand');
  sayLines(
    world.tty.err,
    down.map((one) => `NOT RESTORED: ${one.text}`),
  );
  return EXIT.pass;
}

/**
 * A session by its folder, by the journal in it, or by its name: below the sessions folder or, unless that was named, among
 * those that this user has drilled from elsewhere.
 */
export async function sessionFolder(world: World, session: string, options: SessionOptions): Promise<string> {
  const given = resolve(world.env.cwd, session);
  const direct = basename(given) === JOURNAL ? dirname(given) : given;
  if (session.includes('/') || (await world.fs.exists(join(direct, JOURNAL)))) return direct;
  const below = resolve(world.env.cwd, options.sessions ?? 'sessions', session);
  if (options.sessions !== undefined || (await world.fs.exists(join(below, JOURNAL)))) return below;
  const warn = (text: string): void => say(world.tty.err, `warning: ${text}\n`);
  const found: string[] = [];
  for (const { folder } of await everyPastSession(world, warn))
    if (basename(folder) === session && (await world.fs.exists(join(folder, JOURNAL)))) found.push(folder);
  if (found.length > 1) {
    throw new GamedayError({
      code: 'which-session',
      message: `${found.length} sessions have this name: ${found.join(', ')}`,
      hint: 'name the folder',
      exitCode: EXIT.usage,
    });
  }
  return found[0] ?? below;
}
