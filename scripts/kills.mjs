// Real drills on the lab whose tool and guard are killed or stopped at random moments: npm run kills -- --count 300 --seed 7
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { root } from './lib/modules.mjs';
import { run, script, step } from './lib/steps.mjs';
import { setup } from './setup.mjs';

await script(async () => {
  const { values } = parseArgs({ options: { count: { type: 'string', default: '300' }, seed: { type: 'string' } } });
  await setup();
  await step('build', async () => ((await build()) ? undefined : 'up to date'));
  const env = { ...process.env, GAMEDAY_KILLS: values.count, ...(values.seed && { GAMEDAY_SEED: values.seed }) };
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'drills', 'test/lab/drills/kills.test.ts'];
  const { code } = await run(process.execPath, args, { cwd: root, env, show: true, any: true });
  return code ?? 1;
});
