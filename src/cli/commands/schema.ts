import { configJsonSchema } from '../../config/json-schema.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import type { World } from '../../world/world.ts';

export async function schema(world: World): Promise<ExitCode> {
  const document = configJsonSchema(SCENARIOS);
  world.tty.out.write(`${JSON.stringify(document, null, 2)}\n`);
  return EXIT.pass;
}
