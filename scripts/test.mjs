// Everything that proves the product: set-up, build, all tests. Further arguments go to vitest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { build } from './build.mjs';
import { root } from './lib/modules.mjs';
import { run, script, step } from './lib/steps.mjs';
import { setup } from './setup.mjs';

/** What vitest's report says of a test that was not done in time. */
const TIMED_OUT = 'Error: STACK_TRACE_ERROR';

/** The first line of what a failed test said. */
function firstLine(text) {
  const [line] = stripVTControlCharacters(text ?? '').split('\n', 1);
  return line === TIMED_OUT ? 'not done in time' : line;
}

/** Tests that passed, and a line for each that failed; a file that could not be loaded counts as a failed test. */
function count(file) {
  if (!existsSync(file)) return { passed: 0, failed: ['the tests did not come to an end: there is no report'] };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const failed = report.testResults.flatMap((one) => {
    const name = relative(root, one.name);
    const tests = one.assertionResults.filter((test) => test.status === 'failed');
    if (one.status === 'failed' && tests.length === 0) return [`${name}: ${firstLine(one.message)}`];
    return tests.map((test) => `${name} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
  });
  return { passed: report.numPassedTests, failed };
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
    if (code !== 0 && failed.length === 0) failed.push(`vitest ended with ${code}: an error outside of any test`);
    // Once more at the end: the details stand far above, or in a part of the output that was cut off.
    for (const line of failed) process.stdout.write(`failed: ${line}\n`);
    process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
