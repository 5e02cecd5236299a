// Types, style, unused code and the import rules. All are run, whatever the first one says.
import { join } from 'node:path';
import { ensureModules, root } from './lib/modules.mjs';
import { run, StepFailed, script, step } from './lib/steps.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

const CHECKS = [
  ['types', bin('tsc'), ['-p', '.']],
  ['style', bin('biome'), ['ci', '--error-on-warnings']],
  ['unused code', bin('knip'), []],
  ['import rules', bin('vitest'), ['run', 'test/unit/imports.test.ts']],
];

await script(async () => {
  await ensureModules();
  let failed = 0;
  for (const [name, file, args] of CHECKS) {
    try {
      await step(name, () => run(file, args, { cwd: root }).then(() => undefined));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      process.stderr.write(`${error.output.trimEnd()}\nerror: ${error.message}\n`);
      failed += 1;
    }
  }
  process.stdout.write(`${CHECKS.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});
