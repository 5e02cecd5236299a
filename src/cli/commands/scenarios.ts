import { EXIT, type ExitCode } from '../../core/errors.ts';
import { columns } from '../../report/columns.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import type { World } from '../../world/world.ts';

export async function scenarios(world: World, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { out } = world.tty;
  const list = SCENARIOS.map(({ id, slug, title, purpose }) => ({ id, slug, title, purpose }));
  if (options.json === true) {
    out.write(`${JSON.stringify(list, null, 2)}\n`);
    return EXIT.pass;
  }
  out.write(
    `${columns([['id', 'scenario', 'promise'], ...list.map((one) => [one.id, one.title, one.purpose])], out.isTTY ? Math.max(60, out.columns) : 100)}\n`,
  );
  return EXIT.pass;
}
