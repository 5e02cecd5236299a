import { EXIT, type ExitCode, GamedayError } from '../../core/errors.ts';
import { plainLine } from '../../engine/inbox-message.ts';
import type { World } from '../../world/world.ts';
import { deliver, findRunning, type RunningOptions } from '../running-session.ts';
import { sayLines } from '../say.ts';

/** Has a line written into the journal of the session that runs; with `--gap` as a finding. 0 only when it stands there. */
export async function note(
  world: World,
  words: readonly string[],
  options: RunningOptions & { readonly gap?: boolean },
): Promise<ExitCode> {
  const text = plainLine(words.join(' '));
  if (text === '')
    throw new GamedayError({
      code: 'empty-note',
      message: 'the note is empty',
      hint: 'write what you saw: gameday note "the page came after two minutes"',
      exitCode: EXIT.usage,
    });
  const gap = options.gap === true;
  const session = await findRunning(world, options);
  await deliver(world, session, { kind: 'note', text, gap });
  sayLines(world.tty.out, [`written into session ${session.name}${gap ? ' as a gap' : ''}: ${text}`]);
  return EXIT.pass;
}
