import { EXIT, type ExitCode } from '../core/errors.ts';
import { expectManyListeners, onCrash, raiseTerminate } from '../world/crashes.ts';
import { outputTaken } from '../world/delivery.ts';
import { createWorld } from '../world/node-world.ts';
import { describeError } from './errors.ts';
import { lastWords } from './last-words.ts';
import { runProgram } from './program.ts';

/** Called by bin/gameday.js. Ends the process with the command's exit code once everything is done. */
export async function main(argv: readonly string[]): Promise<void> {
  const world = createWorld();
  const debug = (world.env.get('GAMEDAY_DEBUG') ?? '') !== '';
  let crashed = false;
  expectManyListeners();
  // An exception that nobody caught must not leave a node down: a session is told to restore, as if SIGTERM had come.
  onCrash((error) => {
    world.tty.err.write(describeError(error, true).text);
    if (crashed) return;
    crashed = true;
    if (!raiseTerminate()) process.exit(EXIT.internal);
  });
  let exitCode: ExitCode;
  try {
    exitCode = await runProgram(world, argv);
  } catch (error) {
    const told = describeError(error, debug);
    world.tty.err.write(told.text);
    exitCode = told.exitCode;
  }
  const codeNow = (): ExitCode => (crashed && exitCode !== EXIT.notRestored ? EXIT.internal : exitCode);
  exitCode = await lastWords(world, codeNow(), outputTaken());
  // What was left down outranks our own mistake. A client library may keep a socket or a timer, so the end is said aloud.
  process.exit(codeNow());
}
