import { join } from 'node:path';
import { type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import { runSession } from '../../engine/index.ts';
import { summaryTable } from '../../report/summary.ts';
import type { World } from '../../world/world.ts';
import { type ReadSession, readSession, resultOf, writeManifest, writeReport, writeScheduleRow } from '../artefacts.ts';
import { confirmRun, terminalPrompter } from '../confirm.ts';
import { findLeftovers } from '../leftovers.ts';
import { gamedayVersion } from '../package.ts';
import { makeSessionFolder, type SessionFolder } from '../session-folder.ts';
import { openSessionLog } from '../session-log.ts';
import { describeSession, shownPath } from '../session-started.ts';
import { openStack, type Stack, type StackOptions } from '../stack.ts';
import { openView } from '../view/open.ts';

const ABORT_ERROR_RUN_MS = 60_000;

export interface RunOptions extends StackOptions {
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** Runs the chosen drills. The exit code is the judgement's; a refusal is thrown, its session folder still says why. */
export async function run(world: World, options: RunOptions): Promise<ExitCode> {
  try {
    return await runDrills(world, options);
  } catch (error) {
    if (options.json === true && error instanceof GamedayError) {
      const { code, message, hint, exitCode } = error;
      world.tty.out.write(
        `${JSON.stringify({ version: 1, error: { code, message, hint }, exit: exitCode }, null, 2)}\n`,
      );
    }
    throw error;
  }
}

async function runDrills(world: World, options: RunOptions): Promise<ExitCode> {
  const stack = await openStack(world, options);
  const { environment } = stack.loaded.config;
  await confirmRun(
    {
      kind: environment.kind,
      environment: environment.name,
      what: stack.drills.map((drill) => `${drill.plan.id} ${drill.plan.title}`).join(', '),
      yes: options.yes === true,
      confirm: options.confirm,
      canAsk: world.tty.inputIsTTY && world.tty.err.isTTY,
    },
    terminalPrompter(world.tty.err),
  );
  const folder = await makeSessionFolder(world, stack.sessions, environment.name);
  const failure = await drill(world, stack, options, folder);
  if (!(await world.fs.exists(join(folder.path, 'journal.jsonl')))) {
    // Another session holds the environment: nothing was begun that a folder could tell about.
    await world.fs.remove(folder.path);
    throw failure ?? new Error('the session left no journal');
  }
  if (failure !== undefined) {
    // What went wrong with the session outranks what may go wrong with its report.
    await readSession(world, folder.path)
      .then((session) => (session.view.started === undefined ? undefined : keep(world, session)))
      .catch((error: unknown) =>
        world.tty.err.write(`warning: the report could not be written: ${messageOf(error)}\n`),
      );
    throw failure;
  }
  const session = await readSession(world, folder.path);
  await keep(world, session);
  await tell(world, options, session);
  return session.judgement.exit;
}

/** Resolves when every node that was broken has been undone; with what ended the session early, if something did. */
async function drill(world: World, stack: Stack, options: RunOptions, folder: SessionFolder): Promise<unknown> {
  const log = await openSessionLog(world, folder.path);
  const view = await openView(world, options.plain === true);
  const { config } = stack.loaded;
  try {
    await runSession({
      world,
      sessionId: folder.id,
      folder: folder.path,
      started: await describeSession(world, stack, options, folder.id),
      drills: stack.drills,
      platforms: stack.platforms,
      alerts: stack.alerts,
      lockPath: stack.lockPath,
      redact: stack.redact,
      abort: { errorRunMs: config.abort.errorRun ?? ABORT_ERROR_RUN_MS },
      version: gamedayVersion(),
      leftovers: (signal) => findLeftovers(world, stack.sessions, config.environment.name, stack.platforms, signal),
      onRecord(record) {
        log.add(record);
        view.onRecord(record);
      },
    });
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await view
      .end()
      .catch((error: unknown) => world.tty.err.write(`warning: the view broke down: ${messageOf(error)}\n`));
    const incomplete = await log.close();
    if (incomplete !== undefined) world.tty.err.write(`warning: session.log is not complete: ${incomplete}\n`);
  }
}

/** Writes what follows from the journal. A full disk here changes no verdict: it is said, and `report` can be asked again. */
async function keep(world: World, session: ReadSession): Promise<void> {
  try {
    await writeReport(world, session);
    await writeManifest(world, session);
    await writeScheduleRow(world, session);
  } catch (error) {
    world.tty.err.write(
      `warning: the report could not be written: ${messageOf(error)}\nhint: gameday report ${shownPath(world, session.folder)} makes it again from the journal\n`,
    );
  }
}

async function tell(world: World, options: RunOptions, session: ReadSession): Promise<void> {
  const { view, judgement, content } = session;
  const report = shownPath(world, join(session.folder, 'report.md'));
  if (options.json === true) {
    world.tty.out.write(`${JSON.stringify(resultOf(session), null, 2)}\n`);
    world.tty.err.write(`Report: ${report}\nJournal head: ${content.head}\n`);
    return;
  }
  const { colourLevel, colourVerdicts } = await import('../colour.ts');
  const table = summaryTable(view, judgement, { report, head: content.head });
  world.tty.out.write(colourVerdicts(table, colourLevel(world.env, world.tty.out)));
}
