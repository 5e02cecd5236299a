// Benches: npm run bench | bench:rto | bench:compare OLD NEW. Each is a program of its own below bench/.
import { join } from 'node:path';
import { build } from './build.mjs';
import { ensureModules, root } from './lib/modules.mjs';
import { run, script, step } from './lib/steps.mjs';

await script(async () => {
  const [name, ...args] = process.argv.slice(2);
  await ensureModules();
  // Start-up is measured on what users start.
  if (name === 'main') await step('build', async () => ((await build()) ? undefined : 'up to date'));
  const { code } = await run(process.execPath, ['--import', 'tsx', join(root, 'bench', `${name}.ts`), ...args], {
    cwd: process.env.INIT_CWD ?? root,
    show: true,
    any: true,
  });
  return code;
});
