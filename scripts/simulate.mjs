// Random whole sessions on a simulated machine: npm run simulate -- --seed N | --sessions N | --seconds N
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureModules, root } from './lib/modules.mjs';
import { bundleSimulator } from './lib/simulation.mjs';
import { script } from './lib/steps.mjs';

await script(async () => {
  await ensureModules();
  const folder = mkdtempSync(join(tmpdir(), 'gameday-simulate-'));
  try {
    const program = join(folder, 'simulate.mjs');
    await bundleSimulator(root, program);
    // It reads the arguments itself, and sets the exit code.
    await import(pathToFileURL(program).href);
    return process.exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
