// Installs what is missing on this machine: npm packages, the lab's servers, MinIO. Safe to repeat; with nothing to do it is quick.
import { fileURLToPath } from 'node:url';
import { ensureMinio } from './lib/minio.mjs';
import { ensureModules } from './lib/modules.mjs';
import { installServers } from './lib/packages.mjs';
import { StepFailed, script, step } from './lib/steps.mjs';

/** Throws StepFailed where gameday cannot run at all. */
export function verifyMachine() {
  if (process.platform !== 'linux') {
    throw new StepFailed(
      'gameday and its lab run on Linux only: its nodes are stopped and looked at through /proc',
      '',
      2,
    );
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StepFailed(`Node 20.19 or newer is needed, this is ${process.versions.node}: https://nodejs.org`, '', 2);
  }
}

/** Returns whether MinIO is there; everything else is, or this rejects. */
export async function setup() {
  verifyMachine();
  let minio = false;
  await step('set-up', async () => {
    await ensureModules();
    await installServers();
    minio = await ensureMinio();
  });
  return { minio };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await script(async () => {
    await setup();
    return 0;
  });
}
