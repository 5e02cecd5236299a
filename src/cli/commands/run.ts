import { join } from 'node:path';
import { isGuarded } from '../../config/protected.ts';
import { EXIT, type ExitCode, GamedayError, messageOf } from '../../core/errors.ts';
import { shellWord } from '../../core/shell-word.ts';
import { ownerOf } from '../../engine/lock.ts';
import { summaryTable } from '../../report/summary.ts';
import { patiently } from '../../world/await.ts';
import type { World } from '../../world/world.ts';
import { type ReadSession, readSession, resultText } from '../artefacts.ts';
import { type ConductOptions, conduct } from '../conduct.ts';
import { confirmRun, terminalPrompter } from '../confirm.ts';
import { foreseeAll, shortPlan } from '../foresee.ts';
import { keepSession } from '../keep-session.ts';
import { outrankedByNodeDown, type SessionEnd } from '../node-down.ts';
import { journalLostText, leftDownText } from '../recovery-text.ts';
import { say, sayLines, shown } from '../say.ts';
import { makeSessionFolder, type SessionFolder } from '../session-folder.ts';
import { shownPath } from '../session-started.ts';
import { checkOptions, openStack, type Stack } from '../stack.ts';
import { openView } from '../view/open.ts';

export interface RunOptions extends ConductOptions {
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  /** Looks at the options and ends; `npm run drill` asks before it starts a lab. */
  readonly checkOptions?: boolean;
}

/** Runs the chosen drills. The exit code is the judgement's; a refusal is thrown, its session folder still says why. */
export async function run(world: World, options: RunOptions): Promise<ExitCode> {
  if (options.checkOptions === true) {
    await checkOptions(world, options);
    return EXIT.pass;
  }
  return runOn(world, options, () => openStack(world, options));
}

/** The same on whatever stack is opened. */
export async function runOn(world: World, options: RunOptions, open: () => Promise<Stack>): Promise<ExitCode> {
  const stack = await open();
  const { environment } = stack.loaded.config;
  await confirmRun(
    {
      kind: environment.kind,
      environment: environment.name,
      guarded: isGuarded(stack.loaded.config),
      yes: options.yes === true,
      confirm: options.confirm,
      canAsk: world.tty.inputIsTTY && world.tty.err.isTTY,
      showPlan: async () => say(world.tty.err, `${shortPlan(stack, await foreseeAll(world, stack))}\n\n`),
    },
    terminalPrompter(world.tty.err),
  );
  const folder = await makeSessionFolder(world, stack.sessions, environment);
  const end = await drill(world, stack, options, folder);
  try {
    return await conclude(world, options, folder, end);
  } catch (error) {
    // Nothing that goes wrong from here on may hide that a node is still down.
    throw outrankedByNodeDown(end, await withWayOut(world, stack, error));
  }
}

/** Where another session holds the environment on this host: it can be ended from here. */
async function withWayOut(world: World, { lockPath }: Stack, error: unknown): Promise<unknown> {
  if (!(error instanceof GamedayError) || error.code !== 'environment-busy') return error;
  const owner = await ownerOf(world, lockPath);
  if (owner === undefined || owner.host !== world.env.hostname) return error;
  const { code, message, hint, exitCode } = error;
  const also = `${hint}; from any terminal: gameday abort --session ${owner.session}`;
  return new GamedayError({ code, message, hint: also, exitCode, cause: error.cause });
}

/** Everything that follows from the journal: the report, what is said at the end, the exit code. */
async function conclude(world: World, options: RunOptions, folder: SessionFolder, end: SessionEnd): Promise<ExitCode> {
  const { clock, fs } = world;
  const warn = (text: string): void => say(world.tty.err, text);
  // A disk that hangs must keep nobody from hearing how the session ended.
  const read = () => patiently(clock, () => readSession(world, folder.path));
  if (!(await patiently(clock, () => fs.exists(join(folder.path, 'journal.jsonl'))))) {
    // Another session holds the environment: nothing was begun that a folder could tell about.
    await patiently(clock, () => fs.remove(folder.path));
    throw 'failure' in end ? end.failure : new Error('the session left no journal');
  }
  if ('failure' in end) {
    // What went wrong with the session outranks what may go wrong with its report.
    await read()
      .then((session) => (session.view.started === undefined ? undefined : keepSession(world, session, warn)))
      .catch((error: unknown) => warn(`warning: the report could not be written: ${messageOf(error)}\n`));
    throw end.failure;
  }
  const session = await read();
  await keepSession(world, session, warn);
  await tell(world, options, session);
  return end.result.exit;
}

/** The session with its view. */
async function drill(world: World, stack: Stack, options: RunOptions, folder: SessionFolder): Promise<SessionEnd> {
  const view = await openView(world, options.plain === true);
  const end = await conduct(world, stack, options, folder, {
    onRecord(record) {
      // Not before it is sure that the folder stays, and before anything is drawn below it.
      if (record.type === 'session.started') sayLines(world.tty.err, [whereText(world, folder)]);
      view.onRecord(record);
    },
    onLeftDown: (left) => view.alarm(leftDownText(left)),
    onJournalLost: (cause) => view.alarm(journalLostText(cause)),
  });
  await view
    .end()
    .catch((error: unknown) => sayLines(world.tty.err, [`warning: the view broke down: ${messageOf(error)}`]));
  return end;
}

function whereText(world: World, { path }: SessionFolder): string {
  return `session: ${shownPath(world, path)} (tail -f ${shellWord(shownPath(world, join(path, 'session.log')))})`;
}

async function tell(world: World, options: RunOptions, session: ReadSession): Promise<void> {
  const { view, judgement, content } = session;
  const report = shownPath(world, join(session.folder, 'report.md'));
  if (options.json === true) {
    world.tty.out.write(resultText(session));
    sayLines(world.tty.err, [`Report: ${report}`, `Journal head: ${content.head}`]);
    return;
  }
  const { colourLevel, colourVerdicts } = await import('../colour.ts');
  const table = summaryTable(view, judgement, { report, head: content.head });
  world.tty.out.write(colourVerdicts(shown(table), colourLevel(world.env, world.tty.out)));
}
