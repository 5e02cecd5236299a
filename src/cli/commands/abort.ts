import { EXIT, type ExitCode } from '../../core/errors.ts';
import { plainLine } from '../../engine/inbox-message.ts';
import type { World } from '../../world/world.ts';
import { deliver, findRunning, type RunningOptions } from '../running-session.ts';
import { sayLines } from '../say.ts';

/** Ends the running drill: its session restores at once and begins no other. 0 when the session has taken it, which is before it has restored. */
export async function abort(world: World, words: readonly string[], options: RunningOptions): Promise<ExitCode> {
  const session = await findRunning(world, options);
  await deliver(world, session, { kind: 'abort', text: plainLine(words.join(' ')), gap: false });
  sayLines(world.tty.out, [
    `session ${session.name} ends: it restores what is broken now and begins no other drill; its own terminal and session.log say how far it is`,
  ]);
  return EXIT.pass;
}
