import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from '../world/world.ts';

/** Two instances of a small service on a machine that runs five stacks: 82 MB each instead of 133 MB. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=1'];

/**
 * How the demo API is started: the built program beside our own (or a folder above, since ours may be a chunk), or, when
 * we ourselves run from the sources, the sources.
 */
export async function apiProgram(world: World): Promise<{ readonly file: string; readonly args: readonly string[] }> {
  const here = dirname(fileURLToPath(import.meta.url));
  const file = process.execPath;
  for (const built of [join(here, 'lab-api.js'), join(dirname(here), 'lab-api.js')]) {
    if (await world.fs.exists(built)) return { file, args: [...SMALL_HEAP, built] };
  }
  const loader = createRequire(import.meta.url).resolve('tsx');
  return { file, args: [...SMALL_HEAP, '--import', `file://${loader}`, join(here, 'api', 'main.ts')] };
}
