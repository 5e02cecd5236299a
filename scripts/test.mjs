// Everything that proves the product: set-up, build, all tests. Further arguments go to vitest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root } from './lib/modules.mjs';
import { run, script, step } from './lib/steps.mjs';
import { setup } from './setup.mjs';

/** Tests that passed and failed; a file that could not be loaded counts as a failed test. */
function count(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.every((test) => test.status !== 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

await script(async () => {
  const { minio } = await setup();
  await step('build', async () => ((await build()) ? undefined : 'up to date'));
  const folder = mkdtempSync(join(tmpdir(), 'gameday-test-'));
  try {
    const report = join(folder, 'report.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ];
    const { code } = await run(process.execPath, args, { cwd: root, show: true, any: true });
    const { passed, failed } = count(report);
    if (!minio) process.stderr.write('drill C was not tested: there is no MinIO\n');
    // vitest also fails on errors outside of any test; those must not read as success.
    const unnamed = code !== 0 && failed === 0 ? 1 : 0;
    process.stdout.write(`${passed} passed, ${failed + unnamed} failed\n`);
    return failed + unnamed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
