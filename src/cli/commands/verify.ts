import { EXIT, type ExitCode } from '../../core/errors.ts';
import type { World } from '../../world/world.ts';
import { readSession } from '../artefacts.ts';
import { sameClaims } from '../claims.ts';
import { type SessionOptions, sessionFolder } from './report.ts';

/**
 * Checks the hash chain, judges again and compares with what the session claimed. 0 means that the journal is consistent
 * with itself (with `--head`: also that nothing was cut off or rewritten); 3 that it is not.
 */
export async function verify(
  world: World,
  session: string,
  options: SessionOptions & { readonly head?: string },
): Promise<ExitCode> {
  const { content, view, judgement } = await readSession(world, await sessionFolder(world, session, options));
  const wrong = content.problems.filter((one) => one.kind !== 'crash').map(({ line, text }) => `line ${line}: ${text}`);
  if (view.sealed.at(-1)?.seq !== content.records.at(-1)?.seq)
    wrong.push('the journal is not sealed: its writer did not close it, or its end was cut off');
  if (options.head !== undefined && options.head !== content.head)
    wrong.push(`its head is ${content.head}, not ${options.head}: it was cut or rewritten`);
  wrong.push(...sameClaims(view, judgement));
  const { out } = world.tty;
  for (const text of wrong) out.write(`${text}\n`);
  if (wrong.length > 0) {
    out.write(`NOT consistent: ${wrong.length} found in ${content.records.length} records\n`);
    return EXIT.inconclusive;
  }
  const against =
    options.head === undefined
      ? 'with itself; --head HASH would also show truncation and rewriting'
      : 'with itself and with the head';
  out.write(`consistent ${against}\n${judgement.headline}\nJournal head: ${content.head}\n`);
  return EXIT.pass;
}
