import { EXIT, type ExitCode } from '../../core/errors.ts';
import type { World } from '../../world/world.ts';
import { readSession } from '../artefacts.ts';
import { checkSession } from '../consistency.ts';
import { sayJson, sayLines } from '../say.ts';
import { type SessionOptions, sessionFolder } from './report.ts';

/**
 * Checks the hash chain, judges again and compares with what the session claimed, and holds the files beside the journal
 * against its manifest and against the journal itself. 0 means that all of it is consistent with itself (with `--head`:
 * also that nothing was cut off or rewritten); 3 that it is not.
 */
export async function verify(
  world: World,
  session: string,
  options: SessionOptions & { readonly head?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const read = await readSession(world, await sessionFolder(world, session, options));
  const { wrong, remarks } = await checkSession(world, read, options.head?.trim().toLowerCase());
  const { out } = world.tty;
  const { content, judgement } = read;
  if (options.json === true) {
    const { headline, verdict } = judgement;
    const consistent = wrong.length === 0;
    sayJson(out, { version: 1, consistent, wrong, remarks, verdict, headline, head: content.head });
    return consistent ? EXIT.pass : EXIT.inconclusive;
  }
  sayLines(out, [...wrong, ...remarks]);
  if (wrong.length > 0) {
    sayLines(out, [`NOT consistent: ${wrong.length} found in ${content.records.length} records`]);
    return EXIT.inconclusive;
  }
  const against =
    options.head === undefined
      ? 'with itself; --head HASH would also show truncation and rewriting'
      : 'with itself and with the head';
  sayLines(out, [`consistent ${against}`, judgement.headline, `Journal head: ${content.head}`]);
  return EXIT.pass;
}
